import FoundationEssentials

/// A decision's matter as three texts, which is how every ledger keeps it.
package struct DecisionRow: Sendable, Hashable {
    /// `limits`, `clock` or `breach`.
    package let kind: String
    /// What it is found by: the digest of limits, or a model's name.
    package let subject: String
    /// All else.
    package let content: String

    /// Makes a row of what stands in a table.
    package init(kind: String, subject: String, content: String) {
        self.kind = kind
        self.subject = subject
        self.content = content
    }

    /// The kind of limits.
    package static let limits = "limits"
    /// The kind of clocks.
    package static let clock = "clock"

    private struct Clock: Codable {
        let leavingMS: Int64

        private enum CodingKeys: String, CodingKey { case leavingMS = "leaving_ms" }
    }

    private struct Breach: Codable {
        let holds: [String]
        let model: ModelID
    }

    /// Makes a row of a matter.
    package init(_ matter: LedgerDecision.Matter) {
        switch matter {
        case .limits(let set): self.init(kind: Self.limits, subject: set.digest, content: set.content)
        case .clock(let instant):
            let milliseconds = Int64((instant.timeIntervalSince1970 * 1000).rounded())
            self.init(kind: Self.clock, subject: "", content: Self.text(Clock(leavingMS: milliseconds)))
        case .breach(let model, let holds):
            self.init(
                kind: "breach", subject: model.model,
                content: Self.text(Breach(holds: holds.map(\.description), model: model)))
        }
    }

    /// The matter of a row.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)`` where a newer program wrote it.
    package func matter() throws(GovernorError) -> LedgerDecision.Matter {
        switch kind {
        case Self.limits:
            let limits = try LedgerLimits(digest: subject, content: content, at: .distantPast, broughtBy: "")
            return .limits(limits.set)
        case Self.clock:
            if let clock = read(Clock.self) {
                return .clock(leaving: Date(timeIntervalSince1970: Double(clock.leavingMS) / 1000))
            }
        case "breach":
            if let breach = read(Breach.self) {
                let holds = breach.holds.compactMap(HoldID.init)
                if holds.count == breach.holds.count { return .breach(breach.model, holds: holds) }
            }
        default: break
        }
        throw .ledgerUnavailable(reason: "a decision `\(kind)` was written by a newer sluice; use that one")
    }

    private func read<Value: Decodable>(_ type: Value.Type) -> Value? {
        try? JSONDecoder().decode(type, from: Data(content.utf8))
    }

    private static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers always encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

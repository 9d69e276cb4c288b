import FoundationEssentials
import FunctionKit
package import Spending

/// What `sluice budget reconcile` shows: stable JSON, and a text for people.
package struct ReconciliationReport: Encodable, Sendable {
    /// The most sentences in the text; the JSON has all.
    private static let sentencesMax = 50

    /// Whether no money differs; nil where nothing was compared.
    package var agrees: Bool? { reconciliation.agrees }

    private let reconciliation: Reconciliation
    private let recordsSkipped: Int

    /// A report on a comparison.
    ///
    /// - Parameters:
    ///   - reconciliation: The comparison.
    ///   - recordsSkipped: How many objects in the log were no record of a call.
    package init(_ reconciliation: Reconciliation, recordsSkipped: Int) {
        self.reconciliation = reconciliation
        self.recordsSkipped = recordsSkipped
    }

    private var kinds: [(kind: ReconciliationDifference.Kind, found: [ReconciliationDifference])] {
        let found = Dictionary(grouping: reconciliation.differences, by: \.kind)
        return ReconciliationDifference.Kind.allCases.compactMap { kind in found[kind].map { (kind, $0) } }
    }

    /// The sum of the amounts that are known; nil where none is.
    private static func sum(_ differences: [ReconciliationDifference]) -> Money? {
        let amounts = differences.compactMap(\.amount)
        // A sum that does not fit is not known.
        return amounts.isEmpty ? nil : amounts.reduce(.some(.zero)) { $0?.adding($1) }
    }
}

// MARK: - Text

extension ReconciliationReport {
    /// A headline, the totals, and a line for each difference under a heading for each kind.
    package var text: String {
        var lines = [headline]
        if let span = reconciliation.span {
            lines.append(
                "  holds from \(Self.instant(span.lowerBound)) to \(Self.instant(span.upperBound)) were looked for")
        }
        if agrees == false {
            let calls = Self.counted(reconciliation.callsMatched, "call")
            lines.append("  journal \(Self.dollars(reconciliation.journaled)) for \(calls) with a hold")
            lines.append("  log     \(Self.dollars(reconciliation.logged)), \(offset)")
        }
        lines += asides
        var sentences = 0
        for (kind, found) in kinds {
            lines.append("\(Self.heading(kind)): \(Self.total(found, of: kind))")
            let shown = found.prefix(Self.sentencesMax - sentences)
            sentences += shown.count
            lines += shown.map { "  \(Self.instant($0.at)) \($0)" }
        }
        let rest = reconciliation.differences.count - sentences
        if rest > 0 { lines.append("and \(rest) more (see --format json)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        let calls = Self.counted(reconciliation.callsMatched, "call")
        switch agrees {
        case true?: break
        case false?:
            let count = reconciliation.differences.count { $0.kind != .loggedTwice }
            return "The journal and the log differ in \(Self.counted(count, "place"))."
        case nil where reconciliation.callsLogged == 0: return "The log has no calls: nothing was compared."
        case nil: return "The log has no call under a hold that has ended: nothing was compared."
        }
        return "The journal and the log agree on \(calls), \(Self.dollars(reconciliation.journaled))."
    }

    private var offset: String {
        let difference = reconciliation.difference
        if difference == .zero { return "the same" }
        return difference > .zero
            ? "\(Self.dollars(difference)) more" : "\(Self.dollars(difference).dropFirst()) less"
    }

    /// What is in no total and is no difference.
    private var asides: [String] {
        var asides: [String] = []
        func add(_ count: Int, _ noun: String, _ what: String) {
            if count > 0 { asides.append("  \(Self.counted(count, noun)) \(what)") }
        }
        add(reconciliation.callsFailed, "call", "failed and cost nothing")
        add(reconciliation.callsIgnored, "call", "of other programs left out")
        add(reconciliation.callsOpen, "call", "under a hold that is still open")
        add(reconciliation.callsUnpriced, "call", "in no total: the log has no token counts, or no rate is known")
        add(recordsSkipped, "object", "in the log skipped: no record of a call")
        return asides
    }

    private static func heading(_ kind: ReconciliationDifference.Kind) -> String {
        switch kind {
        case .releasedButServed: "Released, but served"
        case .servedTwice: "Served again under a hold for one call"
        case .withoutHold: "Served without a hold"
        case .modelDiffers: "Another model or region"
        case .tokensDiffer: "Other token counts"
        case .chargedAtBound: "Charged at the bound"
        case .chargedButFailed: "Charged, but failed"
        case .chargedNotLogged: "Charged, but not in the log"
        case .loggedTwice: "In the log more than once"
        }
    }

    private static func total(_ found: [ReconciliationDifference], of kind: ReconciliationDifference.Kind) -> String {
        guard kind != .loggedTwice else { return "\(found.count)" }
        guard let sum = sum(found) else { return "\(found.count), cost unknown" }
        let unknown = found.count { $0.amount == nil }
        let without = unknown == 0 ? "" : ", without \(unknown) of unknown cost"
        let amount =
            sum < .zero ? "\(dollars(sum).dropFirst()) counted too much" : "\(dollars(sum)) not counted"
        return "\(found.count), \(amount)\(without)"
    }

    private static func dollars(_ amount: Money) -> String {
        amount < .zero ? "-$\(amount.description.dropFirst())" : "$\(amount)"
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    private static func instant(_ instant: Date) -> String { instant.formatted(.iso8601) }
}

// MARK: - JSON

extension ReconciliationReport {
    private struct Span: Encodable {
        let from, to: String
    }

    private struct Calls: Encodable {
        let logged, matched, failed, open, unpriced, ignored: Int
    }

    private struct Total: Encodable {
        let kind: String
        let count: Int
        let difference: Money?

        private enum CodingKeys: String, CodingKey {
            case kind, count
            case difference = "difference_usd"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case calls, span, totals, differences
        case agrees = "agree"
        case journaled = "journal_usd"
        case logged = "log_usd"
        case difference = "difference_usd"
        case recordsSkipped = "records_skipped"
    }

    /// Writes amounts as decimal strings.
    ///
    /// Where one is not known, its key is left out. `agree` is null where nothing was
    /// compared.
    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(agrees, forKey: .agrees)
        try fields.encode(
            Calls(
                logged: reconciliation.callsLogged, matched: reconciliation.callsMatched,
                failed: reconciliation.callsFailed, open: reconciliation.callsOpen,
                unpriced: reconciliation.callsUnpriced, ignored: reconciliation.callsIgnored),
            forKey: .calls)
        try fields.encodeIfPresent(
            reconciliation.span.map { Span(from: Self.instant($0.lowerBound), to: Self.instant($0.upperBound)) },
            forKey: .span)
        try fields.encode(reconciliation.journaled, forKey: .journaled)
        try fields.encode(reconciliation.logged, forKey: .logged)
        try fields.encode(reconciliation.difference, forKey: .difference)
        try fields.encode(recordsSkipped, forKey: .recordsSkipped)
        try fields.encode(
            kinds.map { Total(kind: $0.kind.rawValue, count: $0.found.count, difference: Self.sum($0.found)) },
            forKey: .totals)
        try fields.encode(reconciliation.differences.map(Line.init), forKey: .differences)
    }

    /// One difference.
    private struct Line: Encodable {
        struct Side: Encodable {
            let model, region: String
            let amount: Money?
            let inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: Int?

            private enum CodingKeys: String, CodingKey {
                case model, region
                case amount = "usd"
                case inputTokens = "input_tokens"
                case outputTokens = "output_tokens"
                case cacheReadTokens = "cache_read_tokens"
                case cacheWriteTokens = "cache_write_tokens"
            }

            init(_ side: ReconciliationDifference.Side) {
                model = side.model
                region = side.region
                amount = side.amount
                inputTokens = side.usage?.inputTokens
                outputTokens = side.usage?.outputTokens
                cacheReadTokens = side.usage?.cacheReadTokens
                cacheWriteTokens = side.usage?.cacheWriteTokens
            }
        }

        let kind, at, sentence: String
        let requestID, holdID, questionID, function: String?
        let journal, log: Side?
        let difference: Money?
        let timesLogged: Int

        private enum CodingKeys: String, CodingKey {
            case kind, at, sentence, function, journal, log
            case requestID = "request_id"
            case holdID = "hold_id"
            case questionID = "question_id"
            case difference = "difference_usd"
            case timesLogged = "times_logged"
        }

        init(_ difference: ReconciliationDifference) {
            kind = difference.kind.rawValue
            at = ReconciliationReport.instant(difference.at)
            sentence = difference.description
            requestID = difference.requestID
            holdID = difference.holdID?.description
            questionID = difference.call?.questionID
            function = difference.call?.function
            journal = difference.journal.map(Side.init)
            log = difference.log.map(Side.init)
            self.difference = difference.amount
            timesLogged = difference.timesLogged
        }
    }
}

import Foundation
import Testing

/// Holds the journal to what the model was sent.
struct PaidCalls {
    /// An entry of `sluice budget export`.
    private struct Entry: Decodable {
        struct Line: Decodable, Hashable {
            let budget, period_start, limit_usd: String
        }

        let id: Int
        let kind, hold_id, question, function, digest, spent_usd: String
        let ordinal: Int
        let budgets: [Line]

        var call: [String] { [question, function, String(ordinal), digest] }
    }

    private struct Metadata: Decodable {
        let hold: String

        enum CodingKeys: String, CodingKey {
            case hold = "sluice-hold"
        }
    }

    private static let endings: Set<String> = ["settle", "charge", "orphan", "release"]
    /// An orphan whose owner lives after all, such as a process that stood still beyond its lease, is corrected once.
    private static let waysToEnd = [
        ["settle"], ["charge"], ["orphan"], ["release"], ["orphan", "settle"], ["orphan", "release"],
    ]

    private let entries: [Entry]
    /// The hold of each call that arrived.
    private let arrived: [String]

    /// Reads the journal.
    ///
    /// - Parameters:
    ///   - export: What `sluice budget export` printed.
    ///   - model: What the calls were sent to.
    /// - Throws: Where a line or the metadata of a call is no JSON of ours.
    init(export: String, model: ModelServer) throws {
        // What people decide has no hold.
        entries = try export.split(separator: "\n").filter { $0.contains("\"hold_id\":") }.map {
            try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
        }
        arrived = try model.metadata.map {
            try JSONDecoder().decode(Metadata.self, from: Data(try #require($0).utf8)).hold
        }
    }

    /// Records an issue for whatever was not charged, charged twice, paid again or spent over a limit.
    func check() throws {
        #expect(Set(arrived).count == arrived.count, "two calls were sent under one hold")
        let byHold = Dictionary(grouping: entries.filter { $0.kind != "breach" }, by: \.hold_id)
        for (hold, entries) in byHold {
            #expect(entries.map(\.kind).filter { $0 == "reserve" }.count == 1, "\(hold)")
            #expect(Self.waysToEnd.contains(entries.map(\.kind).filter(Self.endings.contains)), "\(hold)")
        }
        for hold in arrived {
            let kinds = try #require(byHold[hold], "a call was sent that no hold is for").map(\.kind)
            #expect(!kinds.contains("release"), "a call that was sent was not charged")
        }
        for (call, entries) in Dictionary(grouping: entries, by: \.call) {
            guard let settled = entries.first(where: { $0.kind == "settle" }) else { continue }
            #expect(!entries.contains { $0.kind == "reserve" && $0.id > settled.id }, "paid again: \(call)")
        }
        for (line, entries) in spentByLine() {
            #expect(entries <= nanoUSD(line.limit_usd) ?? 0, "over the limit of \(line.budget)")
        }
    }

    /// What the settlements of a question cost: one, but for those that correct an orphan.
    func settled(_ question: String) throws -> [Int64] {
        let entries = entries.filter { $0.question == question }
        let orphans = entries.filter { $0.kind == "orphan" }
        let settlements = try entries.filter { $0.kind == "settle" }.map { entry in
            let orphan = orphans.first { $0.hold_id == entry.hold_id }
            // The correction is what the orphan was charged too much.
            let cost = try #require(nanoUSD(entry.spent_usd)) + (nanoUSD(orphan?.spent_usd ?? "") ?? 0)
            return (cost: cost, isCorrection: orphan != nil)
        }
        #expect(settlements.count { !$0.isCorrection } <= 1)
        return settlements.map(\.cost)
    }

    /// What can have been charged in doubt for a question when it was answered: all that still is, and any of the orphans that
    /// were corrected since.
    func doubted(_ question: String) -> [Int64] {
        let entries = entries.filter { $0.question == question }
        let corrected = Set(entries.filter { ["settle", "release"].contains($0.kind) }.map(\.hold_id))
        let charges = entries.filter { ["charge", "orphan"].contains($0.kind) }
        return charges.reduce([0]) { sums, charge in
            let more = sums.map { $0 + (nanoUSD(charge.spent_usd) ?? 0) }
            return corrected.contains(charge.hold_id) ? sums + more : more
        }
    }

    /// How many entries are of a kind.
    func count(_ kind: String) -> Int { entries.filter { $0.kind == kind }.count }

    /// What was spent in all, in nano-dollars.
    var spent: Int64 { entries.reduce(0) { $0 + (nanoUSD($1.spent_usd) ?? 0) } }

    private func spentByLine() -> [Entry.Line: Int64] {
        entries.reduce(into: [:]) { sums, entry in
            for line in entry.budgets { sums[line, default: 0] += nanoUSD(entry.spent_usd) ?? 0 }
        }
    }
}

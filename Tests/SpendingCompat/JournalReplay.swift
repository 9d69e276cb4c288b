package import FoundationEssentials
package import Spending
import Testing

/// What a journal says, entry by entry.
package struct JournalReplay: Sendable {
    /// A budget in a period.
    package struct Line: Hashable, Sendable {
        /// The budget's name.
        package var budget: String
        /// Where the period starts.
        package var periodStart: Date

        /// Makes a line.
        package init(budget: String, periodStart: Date) {
            self.budget = budget
            self.periodStart = periodStart
        }
    }

    /// The entries, in order.
    package let entries: [JournalEntry]

    /// Reads a governor's journal.
    package init(of governor: CostGovernor) async throws { try await self.init(governor.ledger) }

    /// Reads a whole journal, page by page.
    package init(_ ledger: any SpendLedger) async throws {
        var entries: [JournalEntry] = []
        while true {
            let page = try await ledger.journal(after: entries.last?.id ?? 0, atMost: 1000)
            entries += page
            if page.count < 1000 { break }
        }
        self.entries = entries
    }

    /// Expects that no entry takes a budget above its limit, and gives what is spent in the end.
    ///
    /// A hold must fit the limit of its moment. No other entry may add to the sum of spent and held, so that the sum
    /// never passes a limit that was in force when it last grew.
    ///
    /// - Parameter limit: What the test itself knows of a budget's limit in nano-dollars at an instant; the journal's own
    ///   word counts beside it.
    /// - Returns: What is spent, where it is not nothing.
    @discardableResult
    package func expectWithinLimits(
        _ limit: (_ budget: String, _ at: Date) -> Int64 = { _, _ in .max }
    ) -> [Line: Int64] {
        var spent: [Line: Int64] = [:]
        var held: [Line: Int64] = [:]
        var overshoots: [Int64] = []
        for entry in entries {
            for line in entry.lines {
                let key = Line(budget: line.name.description, periodStart: line.periodStart)
                spent[key, default: 0] += entry.spent.nanoUSD
                held[key, default: 0] += entry.held.nanoUSD
                let (spent, held) = (spent[key, default: 0], held[key, default: 0])
                let isWithin =
                    entry.kind == .reserve
                    ? spent + held <= min(line.limit.nanoUSD, limit(line.name.description, entry.at))
                    : entry.spent.nanoUSD + entry.held.nanoUSD <= 0
                if spent < 0 || held < 0 || !isWithin { overshoots.append(entry.id) }
            }
        }
        #expect(overshoots.isEmpty)
        // Not each ledger counts by one.
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.id < $1.id })
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.at <= $1.at })
        return spent.filter { $0.value != 0 }
    }

    /// Expects that every hold ended exactly once, up to a later correction of an orphan, and that no call was held again
    /// after its settlement.
    package func expectEachChargedOnce() {
        for (_, hold) in Dictionary(grouping: entries.filter { $0.kind != .breach }, by: \.holdID) {
            let kinds = hold.map(\.kind)
            #expect(kinds.first == .reserve)
            switch kinds.dropFirst().map({ $0 }) {
            case [.settle], [.release], [.charge], [.orphan], [.orphan, .settle], [.orphan, .release]: break
            default: Issue.record("a hold has the entries \(kinds.map(\.rawValue))")
            }
            #expect(hold.map(\.held.nanoUSD).reduce(0, +) == 0)
        }
        var settled: Set<CallID> = []
        for entry in entries {
            if entry.kind == .settle { settled.insert(entry.call) }
            if entry.kind == .reserve { #expect(!settled.contains(entry.call)) }
        }
    }

    /// Expects that a ledger says of each call how often and how dearly it was charged in full, by whom ever.
    package func expectDoubts(_ ledger: any SpendLedger) async throws {
        let corrected = Set(entries.filter { [.settle, .release].contains($0.kind) }.map(\.holdID))
        let charges = entries.filter { [.charge, .orphan].contains($0.kind) && !corrected.contains($0.holdID) }
        for (id, reserved) in Dictionary(grouping: entries.filter { $0.kind == .reserve }, by: \.call) {
            guard let model = reserved.last?.model else { continue }
            let call = PaidCall(id: id, model: model, tenant: nil, inputBytes: 0, outputTokensMax: 0)
            let place = CallPlace(of: call)
            let ofCall = charges.filter { place.holds($0.call) }
            #expect(try await ledger.doubts(of: place, to: model).ofCall == ofCall.count { $0.model == model })
            #expect(try await ledger.charged(for: place).nanoUSD == ofCall.reduce(0) { $0 + $1.spent.nanoUSD })
        }
    }

    /// Expects that each hold counts in the period of its budget in which it was reserved.
    package func expectPeriods(of budgets: [Budget]) {
        for entry in entries {
            for line in entry.lines {
                let budget = budgets.first { $0.name == line.name.budget }
                #expect(budget?.period(containing: entry.reservedAt).start == line.periodStart)
            }
        }
    }
}

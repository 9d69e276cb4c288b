import FoundationEssentials

/// What a ledger says of itself in two ways, side by side: in its journal and in what it counts along.
package struct LedgerAudit: Sendable {
    /// Sums of money.
    package struct Amounts: Sendable, Hashable {
        /// What was spent.
        package var spent: Money
        /// What is held.
        package var held: Money

        /// Makes amounts.
        package init(spent: Money = .zero, held: Money = .zero) {
            self.spent = spent
            self.held = held
        }
    }

    /// What the journal's entries add up to.
    package var journaled: [CounterKey: Amounts]
    /// What the counters say.
    package var counted: [CounterKey: Amounts]
    /// What the open holds add up to; nothing is spent there.
    package var open: [CounterKey: Amounts]
    /// The quarters of an hour, by their numbers, in which the sums of reports and the journal may disagree.
    package var quarters: [(number: Int64, counted: Amounts, journaled: Amounts)]
    /// How many entries the journal has.
    package var entries: Int
    /// The number of the last one; 0 for none.
    package var lastEntry: Int64
    /// What else was found.
    package var findings: [LedgerFinding]

    /// Makes an audit of what was read at one instant.
    package init(
        journaled: [CounterKey: Amounts], counted: [CounterKey: Amounts], open: [CounterKey: Amounts],
        quarters: [(number: Int64, counted: Amounts, journaled: Amounts)], entries: Int, lastEntry: Int64,
        findings: [LedgerFinding] = []
    ) {
        self.journaled = journaled
        self.counted = counted
        self.open = open
        self.quarters = quarters
        self.entries = entries
        self.lastEntry = lastEntry
        self.findings = findings
    }

    /// Where they disagree: counters by budget and period, then the sums of reports.
    package var verification: LedgerVerification {
        let keys = Set(journaled.keys).union(counted.keys).union(open.keys).sorted {
            ($0.name, $0.startMS) < ($1.name, $1.startMS)
        }
        let counters = keys.flatMap { key in
            let (truth, counter) = (journaled[key] ?? Amounts(), counted[key] ?? Amounts())
            return differences(
                key.name.description, key.periodStart,
                [
                    (.spent, counter.spent, truth.spent), (.held, counter.held, truth.held),
                    (.openHolds, open[key]?.held ?? .zero, truth.held),
                ])
        }
        let sums = quarters.flatMap { quarter in
            differences(
                nil, SpendQuarter.start(quarter.number),
                [
                    (.spent, quarter.counted.spent, quarter.journaled.spent),
                    (.held, quarter.counted.held, quarter.journaled.held),
                ])
        }
        return LedgerVerification(
            entries: entries, lastEntry: lastEntry, differences: counters + sums, findings: findings)
    }

    private func differences(
        _ budget: String?, _ start: Date, _ amounts: [(LedgerDifference.Amount, counted: Money, journaled: Money)]
    ) -> [LedgerDifference] {
        amounts.filter { $0.counted != $0.journaled }.map {
            LedgerDifference(
                budget: budget, periodStart: start, amount: $0.0, counted: $0.counted, journaled: $0.journaled)
        }
    }
}

package import FoundationEssentials

/// What a check of the ledger found.
package struct LedgerVerification: Sendable, Hashable {
    /// How many journal entries were read.
    package var entries: Int
    /// Where counters and journal disagree; empty for a sound ledger.
    package var differences: [LedgerDifference]

    /// Makes a verification.
    package init(entries: Int, differences: [LedgerDifference]) {
        self.entries = entries
        self.differences = differences
    }
}

/// A counter that disagrees with the journal.
package struct LedgerDifference: Sendable, Hashable {
    /// What is counted.
    package enum Amount: String, Sendable {
        /// What is spent, by the counter.
        case spent
        /// What is held, by the counter.
        case held
        /// What is held, by the holds that are open.
        case openHolds = "open holds"
    }

    /// The budget's name; nil for the sums of all calls that reports read.
    package var budget: String?
    /// The first instant of the period, or of the quarter of an hour.
    package var periodStart: Date
    /// Which amount.
    package var amount: Amount
    /// What the ledger counts.
    package var counted: Money
    /// What the journal says.
    package var journaled: Money

    /// Makes a difference.
    package init(budget: String?, periodStart: Date, amount: Amount, counted: Money, journaled: Money) {
        self.budget = budget
        self.periodStart = periodStart
        self.amount = amount
        self.counted = counted
        self.journaled = journaled
    }
}

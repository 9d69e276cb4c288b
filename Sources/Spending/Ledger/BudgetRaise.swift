package import FoundationEssentials

/// A limit that an owner raised for a while, kept in the journal.
package struct BudgetRaise: Sendable, Hashable {
    /// The budget's name.
    package var budget: String
    /// The limit in force in place of the file's.
    package var limit: Money
    /// From when on it is in force; set by the ledger.
    package var at: Date
    /// From when on the file's limit is in force again.
    package var until: Date
    /// Why, in the owner's words.
    package var reason: String

    /// Makes a raise.
    package init(budget: String, limit: Money, at: Date, until: Date, reason: String) {
        self.budget = budget
        self.limit = limit
        self.at = at
        self.until = until
        self.reason = reason
    }
}

/// The ledger's own instant, and what owners have changed until then.
package struct LedgerMoment: Sendable, Hashable {
    /// The instant, on a whole millisecond, never before that of the last journal entry.
    package var instant: Date
    /// The raises in force, one a budget at most.
    package var raises: [BudgetRaise]

    /// Makes a moment.
    package init(instant: Date, raises: [BudgetRaise] = []) {
        self.instant = instant
        self.raises = raises
    }

    /// The limit of a budget at this moment: the file's, or what a raise says where that is more.
    package func limit(of budget: Budget) -> Money {
        max(budget.limit, raises.first { $0.budget == budget.name }?.limit ?? .zero)
    }
}

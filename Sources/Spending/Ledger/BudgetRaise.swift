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
    /// How far back raises are known, in seconds: longer than any two periods.
    package static let raisesKnown: TimeInterval = 63 * 86_400

    /// The instant, on a whole millisecond, never before that of the last journal entry.
    package var instant: Date
    /// All raises of the last ``raisesKnown`` seconds, and every budget's newest one from before; oldest first.
    package var raises: [BudgetRaise]

    /// Makes a moment.
    package init(instant: Date, raises: [BudgetRaise] = []) {
        self.instant = instant
        self.raises = raises
    }

    /// The limit of a budget: the file's, or what its newest raise says where that is in force and more.
    ///
    /// An older raise does not come back when a correction of it ends.
    ///
    /// - Parameters:
    ///   - budget: The budget.
    ///   - earlier: An instant of the past; nil for this moment.
    /// - Returns: The limit in force then.
    package func limit(of budget: Budget, at earlier: Date? = nil) -> Money {
        let instant = earlier ?? instant
        guard let raise = raises.last(where: { $0.budget == budget.name && $0.at <= instant }), raise.until > instant
        else { return budget.limit }
        return max(budget.limit, raise.limit)
    }
}

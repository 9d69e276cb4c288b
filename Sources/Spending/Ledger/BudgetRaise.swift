package import FoundationEssentials

/// A limit that an owner changed for a while, kept in the journal.
package struct BudgetRaise: Sendable, Hashable {
    /// What was done to the limit.
    package enum Kind: String, Sendable {
        /// It is more than the file's, unless the file has come to say more.
        case raise
        /// It is less than the file's, unless the file has come to say less.
        case lower
        /// The change before is over: the file's limit is in force.
        case cancel
    }

    /// What was done.
    package var kind: Kind
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
    package init(kind: Kind = .raise, budget: String, limit: Money, at: Date, until: Date, reason: String) {
        self.kind = kind
        self.budget = budget
        self.limit = limit
        self.at = at
        self.until = until
        self.reason = reason
    }

    /// The limit while it is in force.
    ///
    /// - Parameter file: What the budget's file says.
    /// - Returns: The limit in force in its place.
    package func limit(over file: Money) -> Money {
        switch kind {
        case .raise: max(file, limit)
        case .lower: min(file, limit)
        case .cancel: file
        }
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

    /// The limit of a budget: the file's, or what its newest raise makes of it where that is in force.
    ///
    /// - Parameters:
    ///   - budget: The budget.
    ///   - earlier: An instant of the past; nil for this moment.
    /// - Returns: The limit in force then.
    package func limit(of budget: Budget, at earlier: Date? = nil) -> Money {
        raise(of: budget.name, at: earlier)?.limit(over: budget.limit) ?? budget.limit
    }

    /// The raise of a budget that is in force; nil for the file's own limit.
    ///
    /// An older one does not come back when a later one ends or is cancelled.
    ///
    /// - Parameters:
    ///   - name: The budget.
    ///   - earlier: An instant of the past; nil for this moment.
    /// - Returns: Its newest raise, where that has not ended.
    package func raise(of name: String, at earlier: Date? = nil) -> BudgetRaise? {
        let instant = earlier ?? instant
        return raises.last { $0.budget == name && $0.at <= instant }.flatMap { $0.until > instant ? $0 : nil }
    }
}

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
    /// All limits that were ever in force, oldest first; empty where nobody has brought any yet.
    package var allLimits: [LedgerLimits]
    /// How far the ledger has come beyond its clock, which was ahead once, in seconds; 0 where it has not.
    package var lead: TimeInterval

    /// Makes a moment.
    package init(instant: Date, raises: [BudgetRaise] = [], allLimits: [LedgerLimits] = [], lead: TimeInterval = 0) {
        self.instant = instant
        self.raises = raises
        self.allLimits = allLimits
        self.lead = lead
    }

    /// The limits in force; nil where nobody has brought any yet.
    package var limits: LedgerLimits? { allLimits.last }

    /// How far the ledger may be ahead of its clock before somebody is told, in seconds.
    package static let leadMax: TimeInterval = 60

    /// What is wrong with the ledger's clock, and what to do; nil where nothing is.
    package var clockNote: String? {
        guard lead > Self.leadMax else { return nil }
        return "the ledger has come to \(instant.formatted(.iso8601)), which its clock has not reached: until then no"
            + " period turns; where the clock is right, `sluice budget clock accept --reason TEXT` goes on from the true time"
    }

    /// The limit of a budget: the file's, or what its newest raise makes of it where that is in force.
    ///
    /// - Parameters:
    ///   - budget: The budget.
    ///   - earlier: An instant of the past; nil for this moment.
    /// - Returns: The limit in force then.
    package func limit(of budget: Budget, at earlier: Date? = nil) -> Money {
        let limit = earlier.map { filed(budget, at: $0) } ?? budget.limit
        return raise(of: budget.name, at: earlier)?.limit(over: limit) ?? limit
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

    /// The limit without raises, at an instant of the past.
    private func filed(_ budget: Budget, at instant: Date) -> Money {
        let limits = allLimits.last { $0.at <= instant } ?? allLimits.first
        return limits?.set.budgets.first { $0.name == budget.name }?.limit ?? budget.limit
    }
}

extension [BudgetRaise] {
    /// The raises that must be journaled anew where a ledger's clock is set back to an instant, so that each budget's newest
    /// raise is one of the time before.
    ///
    /// What was raised while the clock was ahead ends; what had been raised before goes on.
    package func restated(at instant: Date) -> [BudgetRaise] {
        let names = Set(filter { $0.at > instant }.map(\.budget)).sorted()
        return names.compactMap { name in
            let own = filter { $0.budget == name }
            guard var raise = own.last(where: { $0.at <= instant }) ?? own.last else { return nil }
            if raise.at > instant { raise.until = instant }
            raise.at = instant
            return raise
        }
    }
}

package import FoundationEssentials

/// What a person, or a file that a person wrote, decided about a ledger; kept in the journal for ever.
///
/// A raise is one too; see ``BudgetRaise``.
package struct LedgerDecision: Sendable, Hashable {
    /// What was decided.
    package enum Matter: Sendable, Hashable {
        /// These limits are in force.
        case limits(BudgetSet)
        /// The clock had been ahead: all goes on at ``LedgerDecision/at``, and not at the instant that the ledger had come to.
        case clock(leaving: Date)
        /// What these holds cost above their bounds no longer refuses the model.
        case breach(ModelID, holds: [HoldID])
    }

    /// What was decided.
    package var matter: Matter
    /// When, by the ledger's clock.
    package var at: Date
    /// Who: a user, a machine, a file.
    package var by: String
    /// Why, for those who read the journal.
    package var reason: String
    /// The journal's last entry before it; 0 for none.
    package var afterEntry: Int64

    /// Makes a decision.
    package init(matter: Matter, at: Date, by: String, reason: String, afterEntry: Int64) {
        self.matter = matter
        self.at = at
        self.by = by
        self.reason = reason
        self.afterEntry = afterEntry
    }
}

/// What somebody wants to decide.
package enum DecisionRequest: Sendable, Hashable {
    /// See ``LedgerDecision/Matter/limits(_:)``.
    case limits(BudgetSet)
    /// See ``LedgerDecision/Matter/clock(leaving:)``.
    case clock
    /// See ``LedgerDecision/Matter/breach(_:holds:)``; all of the model that are not accepted yet.
    case breach(ModelID)
}

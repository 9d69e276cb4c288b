package import FoundationEssentials

/// The limits that a ledger goes by, and who brought them.
package struct LedgerLimits: Sendable, Hashable {
    /// The budgets.
    package let set: BudgetSet
    /// Since when, by the ledger's clock.
    package let at: Date
    /// Who brought them.
    package let broughtBy: String

    /// Makes limits.
    package init(set: BudgetSet, at: Date, broughtBy: String) {
        self.set = set
        self.at = at
        self.broughtBy = broughtBy
    }

    /// Makes limits of a row.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)`` where it is damaged, or written by a newer program.
    package init(digest: String, content: String, at: Date, broughtBy: String) throws(GovernorError) {
        let set = try BudgetSet(content: content)
        guard set.digest == digest else {
            throw .ledgerUnavailable(
                reason: "the limits in force are not those that were journaled: the ledger is damaged")
        }
        self.init(set: set, at: at, broughtBy: broughtBy)
    }
}

/// What became of the limits that a program's own files hold.
package enum LimitsOffer: Sendable, Hashable {
    /// They are in force already.
    case inForce(LedgerLimits)
    /// The ledger had never seen them: they are in force from now on, and are journaled.
    case applied(LedgerLimits, before: LedgerLimits?)
    /// They were in force once, and others have taken their place: the ledger goes on by these.
    case stale(LedgerLimits)

    /// What the ledger goes by.
    package var limits: LedgerLimits {
        switch self {
        case .inForce(let limits), .applied(let limits, _), .stale(let limits): limits
        }
    }
}

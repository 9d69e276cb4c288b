package import FoundationEssentials

/// Keeps what is spent and what is held, so that no paid call can pass a limit.
///
/// Each operation is one transaction: all of it is durable when it returns, or none of it is where it throws. Any
/// number of hosts, tasks and threads may use one ledger. The clock is the ledger's own, never before the instant of
/// the last journal entry.
///
/// A hold whose owner is gone is charged in full within the next ``reserve(_:terms:)`` or ``status(_:)``, in the
/// periods of its reservation: nobody knows whether the call was made. Where the owner's process can be seen, it is
/// gone when that has ended; where it cannot, when the hold's lease has ended.
package protocol SpendLedger: Sendable {
    /// Holds the most that a call can cost in every budget that covers it, or in none.
    ///
    /// - Parameters:
    ///   - call: What is paid for.
    ///   - terms: What the call may cost at the ledger's instant, and where; called within the transaction, at most
    ///     once, and not for a call whose settlement is stored or that is in flight.
    /// - Returns: A new hold, or why there is none.
    /// - Throws: What `terms` throws, ``GovernorError/boundBreached(_:)`` or ``GovernorError/ledgerUnavailable(reason:)``.
    func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (Date) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission

    /// Ends a hold with what the call cost in truth, and stores the response where none is stored for the call.
    ///
    /// A hold that was charged as an orphan is corrected to the truth, once. A cost above the bound is charged too and
    /// journaled as a breach.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func settle(_ holdID: String, of call: PaidCall, settlement: Settlement) async throws(GovernorError)

    /// Ends a hold whose call may have been made: its bound is charged.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func chargeInFull(_ holdID: String) async throws(GovernorError)

    /// Ends a hold whose call was surely never made: nothing is charged.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func release(_ holdID: String) async throws(GovernorError)

    /// Takes note that nobody will end a hold any more: it is charged in full as an orphan by the next operation.
    ///
    /// Does not wait and writes nothing itself. Does nothing for a hold that has ended.
    func abandon(_ holdID: String)

    /// Makes the leases of all living holds of this owner end one lease from now.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func renewLeases() async throws(GovernorError)

    /// Counts some budgets in their periods at the ledger's instant.
    ///
    /// - Parameter lines: The budgets and their periods at an instant.
    /// - Returns: A counter for each line, in their order.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func status(_ lines: @escaping @Sendable (Date) -> [BudgetLine]) async throws(GovernorError) -> [LedgerCounter]

    /// Rebuilds all counters from the journal and compares.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func verify() async throws(GovernorError) -> LedgerVerification
}

/// What a call may cost, and the budgets that must have room for it.
package struct HoldTerms: Sendable, Hashable {
    /// The price in force.
    package var price: Price
    /// The most that the call can cost.
    package var bound: Money
    /// The budgets that cover the call, in file order.
    package var lines: [BudgetLine]

    /// Makes terms.
    package init(price: Price, bound: Money, lines: [BudgetLine]) {
        self.price = price
        self.bound = bound
        self.lines = lines
    }
}

/// A budget in one period.
package struct BudgetLine: Sendable, Hashable {
    /// The budget's name.
    package var budget: String
    /// The period.
    package var period: Period
    /// The limit in that period.
    package var limit: Money

    /// Makes a line.
    package init(budget: String, period: Period, limit: Money) {
        self.budget = budget
        self.period = period
        self.limit = limit
    }
}

/// A ledger's answer to a call that wants to be made.
package enum LedgerAdmission: Sendable, Hashable {
    /// The bound is held in all lines of the terms.
    case held(holdID: String, terms: HoldTerms)
    /// The call was settled before.
    case settled(Settlement)
    /// A living hold is for this very call.
    case inFlight
    /// The first line, in the order of the terms, that has no room for the bound; nothing is held.
    case refused(BudgetLine, bound: Money)
}

/// What is spent and held of one budget in one period.
package struct LedgerCounter: Sendable, Hashable {
    /// The budget and its period.
    package var line: BudgetLine
    /// What is spent.
    package var spent: Money
    /// What is held for calls under way.
    package var held: Money

    /// Makes a counter.
    package init(line: BudgetLine, spent: Money, held: Money) {
        self.line = line
        self.spent = spent
        self.held = held
    }

    /// What a call may still cost; negative where the limit was lowered below what is spent.
    package var room: Money {
        // Both counters are never negative, so that no difference passes Int64.min by more than it can hold.
        line.limit.subtracting(spent)?.subtracting(held) ?? Money(nanoUSD: .min)
    }
}

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

    /// The budget's name.
    package var budget: String
    /// The first instant of the period.
    package var periodStart: Date
    /// Which amount.
    package var amount: Amount
    /// What the ledger counts.
    package var counted: Money
    /// What the journal says.
    package var journaled: Money

    /// Makes a difference.
    package init(budget: String, periodStart: Date, amount: Amount, counted: Money, journaled: Money) {
        self.budget = budget
        self.periodStart = periodStart
        self.amount = amount
        self.counted = counted
        self.journaled = journaled
    }
}

package import FoundationEssentials
package import FunctionKit

/// One entry of the append-only journal, from which all counters can be rebuilt.
package struct JournalEntry: Sendable, Hashable {
    /// What was written.
    package enum Kind: String, Sendable {
        /// A hold was taken.
        case reserve
        /// A hold ended with what the call cost in truth.
        case settle
        /// A hold ended whose call was surely never made.
        case release
        /// A hold ended whose call may have been made: its bound was charged.
        case charge
        /// A hold whose owner is gone was charged in full.
        case orphan
        /// A settlement was above its bound; the entry itself changes no amount.
        case breach
    }

    /// The budget, period and limit that an entry counts in.
    package struct Line: Sendable, Hashable {
        /// The name under which the ledger counts.
        package var name: BudgetLine.Name
        /// The first instant of the period.
        package var periodStart: Date
        /// The limit that was in force when the hold was taken.
        package var limit: Money

        /// Makes a line.
        package init(name: BudgetLine.Name, periodStart: Date, limit: Money) {
            self.name = name
            self.periodStart = periodStart
            self.limit = limit
        }
    }

    /// Its number: from 1, rising, without doubles.
    package var id: Int64
    /// The ledger's instant, on a whole millisecond, never before that of the entry above.
    package var at: Date
    /// What was written.
    package var kind: Kind
    /// The hold that it belongs to.
    package var holdID: HoldID
    /// When that hold was taken.
    package var reservedAt: Date
    /// The call.
    package var call: CallID
    /// The model that was asked.
    package var model: ModelID
    /// Who asked, where tenants are told apart.
    package var tenant: String?
    /// The price that the call was bounded and charged by; nil in entries of ledgers from before rates were kept.
    package var rates: TokenRates?
    /// The tokens that were paid for, in `settle` and `breach`.
    package var usage: TokenUsage?
    /// Where the count came from, in `settle` and `breach`.
    package var countedBy: UsageSource?
    /// The service's own name for the call, in `settle`, where it gave one.
    package var requestID: String?
    /// The SHA-256 of the stored response in lowercase hexadecimal digits, in `settle`.
    package var responseDigest: String?
    /// What the entry adds to what is spent, in each line.
    package var spent: Money
    /// What the entry adds to what is held, in each line.
    package var held: Money
    /// The budgets that it counts in.
    package var lines: [Line]

    /// Makes an entry.
    package init(
        id: Int64, at: Date, kind: Kind, holdID: HoldID, reservedAt: Date, call: CallID, model: ModelID,
        tenant: String?, rates: TokenRates?, usage: TokenUsage? = nil, countedBy: UsageSource? = nil,
        requestID: String? = nil, responseDigest: String? = nil, spent: Money, held: Money, lines: [Line]
    ) {
        self.id = id
        self.at = at
        self.kind = kind
        self.holdID = holdID
        self.reservedAt = reservedAt
        self.call = call
        self.model = model
        self.tenant = tenant
        self.rates = rates
        self.usage = usage
        self.countedBy = countedBy
        self.requestID = requestID
        self.responseDigest = responseDigest
        self.spent = spent
        self.held = held
        self.lines = lines
    }
}

extension JournalEntry {
    /// What its call cost by the tokens and rates that it names; nil where it names none.
    package var cost: Money? { usage.flatMap { rates?.cost(of: $0) } }
}

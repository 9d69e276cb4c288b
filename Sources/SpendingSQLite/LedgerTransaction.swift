import FoundationEssentials
import FunctionKit
import GRDB
import SQLite
import Spending

/// The ledger's steps within one transaction, all at one instant: they read what ``LedgerBooks`` need to know, and write what
/// these decide.
struct LedgerTransaction {
    /// Who takes the steps.
    struct Owner {
        let id: String
        /// Where owners have their locks; nil where owners cannot be seen and leases decide.
        let file: OpenFile?
        let lease: Duration
        /// The `reserve` entries of this owner's open holds, as far as it remembers.
        let reserved: ReservedEntries
        /// The limits that this owner has read.
        let knownLimits: KnownLimits
    }

    let database: Database
    let owner: Owner
    /// What the transaction has read so far.
    var facts: LedgerMemory.Facts
    /// The `reserve` entries of the holds that this step has read, or taken.
    var entries: [HoldID: JournalEntry] = [:]
    /// Holds whose rows were taken out as they were read.
    var takenOut: Set<HoldID> = []
    /// Whether a write failed, so that the books may say what the file does not.
    var isHalfWritten = false

    /// Begins a step at the clock's instant, or that of the last journal entry, raise or decision where the clock was set back.
    init(_ database: Database, by owner: Owner, clock: Date, facts: consuming LedgerMemory.Facts?) throws {
        self.database = database
        self.owner = owner
        if var facts {
            facts.books.turn(to: clock, for: owner.id)
            self.facts = facts
        } else {
            let last = try Self.last(database)
            self.facts = LedgerMemory.Facts(
                books: LedgerBooks(
                    owner: owner.id, clock: clock, last: last.instant, lastID: last.id, marksHolds: true))
        }
    }

    var books: LedgerBooks {
        get { facts.books }
        _modify { yield &facts.books }
    }

    var now: Date { facts.books.now }

    var leaseUntilMS: Int64 { now.milliseconds + Int64(owner.lease / .milliseconds(1)) }

    // MARK: - Calls

    mutating func reserve(
        _ call: PaidCall, _ terms: (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) throws -> LedgerAdmission {
        try chargeOrphans()
        try readKnown(call.id)
        if let answer = try books.answer(to: call) {
            try write()
            return answer
        }
        _ = try readMoment()
        try readBreaches(of: call.model)
        let terms = try books.terms(of: call, terms)
        for line in terms.lines { try readCounters(of: line) }
        let admission = try books.decide(call, terms)
        try write()
        return admission
    }

    mutating func settle(_ hold: HoldID, of call: PaidCall, _ settlement: DigestedSettlement) throws {
        try readHold(hold, of: call.id)
        try books.settle(hold, of: call, settlement)
        try write()
    }

    mutating func chargeInFull(_ hold: HoldID, of call: CallID) throws {
        try readHold(hold, of: call)
        try books.chargeInFull(hold, of: call)
        try write()
    }

    mutating func release(_ hold: HoldID, of call: CallID) throws {
        try readHold(hold, of: call)
        try books.release(hold, of: call)
        try write()
    }

    // MARK: - Instead of owners

    /// Charges the holds of this owner that were dropped.
    mutating func chargeAbandoned(_ holds: Set<HoldID>) throws {
        guard !holds.isEmpty else { return }
        for hold in holds { try readHold(hold, of: nil) }
        books.chargeAbandoned(holds)
        try write()
    }

    /// Charges the holds whose owners are gone, once in a transaction.
    mutating func chargeOrphans() throws {
        guard !facts.isSwept else { return }
        if let file = owner.file {
            books.chargeLeft(try readHoldsOfTheDead(file))
        } else {
            books.chargeExpired(try readExpiredHolds())
        }
        try write()
        facts.isSwept = true
    }

    func renewLeases() throws {
        try database.run(
            "UPDATE holds SET lease_until_ms = ? WHERE owner = ? AND is_orphan = 0", [leaseUntilMS, owner.id])
    }
}

extension CallID {
    var arguments: StatementArguments { [questionID, function, ordinal, digest] }
}

extension Database {
    /// Runs one statement that is compiled once.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

import Spending
import Synchronization

/// What one transaction has read of the ledger.
final class LedgerMemory: Sendable {
    /// A period of a budget.
    struct Window: Hashable {
        let startMS: Int64
        let endMS: Int64

        init(_ period: Period) { (startMS, endMS) = (period.start.milliseconds, period.end.milliseconds) }
    }

    /// The number of the newest journal entry, 0 before the first, and the instant of the newest entry or raise.
    struct Last {
        var id: Int64
        var atMS: Int64
    }

    struct Facts {
        var last: Last?
        var raises: [BudgetRaise]?
        /// By the budget's name.
        var counters: [String: [Window: (spent: Int64, held: Int64)]] = [:]
        var breaches: [ModelID: [Breach]] = [:]
        /// Whether the holds whose owners are gone are charged.
        var isSwept = false
    }

    private let facts = Mutex(Facts())

    /// Reads or changes what is known.
    func withFacts<Value: Sendable>(_ body: (inout Facts) throws -> Value) rethrows -> Value {
        try facts.withLock { try body(&$0) }
    }
}

/// The `reserve` entries of an owner's open holds, which need not be read again to end them.
final class ReservedEntries: Sendable {
    private let entries = Mutex<[Int64: JournalEntry]>([:])

    subscript(hold: Int64) -> JournalEntry? {
        get { entries.withLock { $0[hold] } }
        set { entries.withLock { $0[hold] = newValue } }
    }
}

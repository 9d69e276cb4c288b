import Spending
import Synchronization

/// What one transaction has read of the ledger, so that the operations that share it do not each read it again.
///
/// Nobody else writes to the file within a transaction. A new transaction begins with nothing.
final class LedgerMemory: Sendable {
    /// A budget in a period.
    struct Line: Hashable {
        let budget: String
        let periodStartMS: Int64
    }

    /// The newest journal entry; zeros before the first.
    struct Last {
        var id: Int64
        var atMS: Int64
    }

    struct Facts {
        var last: Last?
        var raises: [BudgetRaise]?
        var counters: [Line: (spent: Int64, held: Int64)] = [:]
        var breaches: [ModelID: [Breach]] = [:]
        /// Whether the holds whose owners are gone are charged.
        var isSwept = false
    }

    private let state = Mutex((transaction: UInt64(0), facts: Facts()))

    /// Reads or changes what is known in a transaction.
    func facts<Value: Sendable>(of transaction: UInt64, _ body: (inout Facts) throws -> Value) rethrows -> Value {
        try state.withLock { state in
            if state.transaction != transaction { state = (transaction, Facts()) }
            return try body(&state.facts)
        }
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

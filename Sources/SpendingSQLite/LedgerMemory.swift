import GRDB
import SQLite
import Spending
import Synchronization

/// What one transaction has read of the ledger, and what it has still to write of it.
final class LedgerMemory: TransactionMemory.Pending {
    /// A period of a budget.
    struct Window: Hashable {
        let startMS: Int64
        let endMS: Int64

        init(_ period: Period) { (startMS, endMS) = (period.start.milliseconds, period.end.milliseconds) }
    }

    /// The number of the newest journal entry, 0 before the first, and the instant of the newest entry, raise or
    /// decision.
    struct Last {
        var id: Int64
        var atMS: Int64
    }

    /// What entries change in a counter.
    struct Change {
        var spent: Int64 = 0
        var held: Int64 = 0
        /// The period's end, where a hold was taken and the counter may be new.
        var endMS: Int64?
    }

    struct Facts {
        var last: Last?
        var raises: [BudgetRaise]?
        /// What the journal says of counters and their table does not yet, by the budget's name and the period's start:
        /// many entries of one transaction change the same few counters.
        var changes: [String: [Int64: Change]] = [:]
        /// What the counters hold with all changes, by the budget's name.
        var counters: [String: [Window: (spent: Int64, held: Int64)]] = [:]
        var breaches: [ModelID: [Breach]] = [:]
        /// All limits that were ever in force.
        var limits: [LedgerLimits]?
        /// Whether the holds whose owners are gone are charged.
        var isSwept = false
    }

    private let facts = Mutex(Facts())

    /// Reads or changes what is known.
    func withFacts<Value: Sendable>(_ body: (inout Facts) throws -> Value) rethrows -> Value {
        try facts.withLock { try body(&$0) }
    }

    func write(to database: Database) throws {
        let changes = withFacts { facts in
            defer { facts.changes = [:] }
            return facts.changes
        }
        for (budget, periods) in changes {
            for (startMS, change) in periods {
                if let endMS = change.endMS {
                    try database.run(
                        """
                        INSERT INTO counters (budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd)
                        VALUES (?, ?, ?, 0, 0)
                        ON CONFLICT DO UPDATE SET period_end_ms = excluded.period_end_ms
                            WHERE period_end_ms < excluded.period_end_ms
                        """, [budget, startMS, endMS])
                }
                try database.run(
                    """
                    UPDATE counters SET spent_nano_usd = spent_nano_usd + ?, held_nano_usd = held_nano_usd + ?
                    WHERE budget = ? AND period_start_ms = ?
                    """, [change.spent, change.held, budget, startMS])
            }
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

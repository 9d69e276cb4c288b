import FoundationEssentials
import Postgres
import Spending

/// The row that every transaction which writes locks before it looks at anything, and that others read as it is.
struct LedgerHead {
    /// The last entry's number; 0 where there is none.
    let lastID: Int64
    /// The ledger's instant.
    let now: Date
    /// What the clock says, which may be before it.
    let clock: Date
    /// Whether the entry that was asked for is in the journal.
    let hasSeen: Bool

    /// Locks the ledger until the transaction ends, and looks whether an entry is in its journal.
    ///
    /// The journal is looked at as it was before the lock was free, when whatever a host had seen was committed.
    ///
    /// - Parameters:
    ///   - clockMS: The ledger's instant in place of the server's clock.
    ///   - seen: The entry; 0 for none.
    /// - Returns: A statement for the beginning of a transaction.
    static func lock(clockMS: Int64?, seen: Int64) -> PostgresStatement {
        PostgresStatement(row + " FOR UPDATE", [.int8(clockMS), .int8(seen)])
    }

    /// Reads the same and locks nothing.
    static func look(clockMS: Int64?, seen: Int64) -> PostgresStatement {
        PostgresStatement(row, [.int8(clockMS), .int8(seen)])
    }

    private static let row = """
        SELECT last_id, \(LedgerClock.instant), \(LedgerClock.clock),
            $2::int8 = 0 OR EXISTS (SELECT FROM journal WHERE id = $2)
        FROM ledger_head
        """

    /// Reads what ``lock(clockMS:seen:)`` and ``look(clockMS:seen:)`` give.
    init(_ row: PostgresRow) throws(PostgresError) {
        lastID = try row.get(0)
        now = Date(milliseconds: try row.get(1))
        clock = Date(milliseconds: try row.get(2))
        hasSeen = try row.get(3)
    }
}

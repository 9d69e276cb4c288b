import GRDB
import SQLite
import Spending
import Synchronization

/// What one transaction has read of the ledger, and what it has still to write of it.
final class LedgerMemory: TransactionMemory.Pending {
    struct Facts {
        /// Raises, limits, breaches and counters are in them as far as they were read.
        var books: LedgerBooks
        var areRaisesRead = false
        var areLimitsRead = false
        /// Whether the holds whose owners are gone are charged.
        var isSwept = false
    }

    private enum State {
        /// Nothing was read yet.
        case unread
        case known(Facts)
        /// A step has them; or one ended half way, so that nobody knows what is in the file.
        case away
    }

    private let state = Mutex(State.unread)

    /// Gives what is known to a step, which gives it back at its end; nil where nothing is.
    func take() throws -> Facts? {
        try state.withLock { state in
            defer { state = .away }
            return switch state {
            case .unread: nil
            case .known(let facts): facts
            case .away: throw Self.lost
            }
        }
    }

    func giveBack(_ facts: Facts) { state.withLock { $0 = .known(facts) } }

    /// Writes what the journal says of counters and their table does not yet: many entries of one transaction change the same
    /// few counters.
    func write(to database: Database) throws {
        let changes = try state.withLock { state -> [CounterKey: CounterBook.Change] in
            switch state {
            case .unread: return [:]
            case .known(var facts):
                defer { state = .known(facts) }
                return facts.books.counters.takeChanges()
            // The transaction is undone, and all of it done again by each alone.
            case .away: throw Self.lost
            }
        }
        for (key, change) in changes {
            if let endMS = change.endMS {
                try database.run(
                    """
                    INSERT INTO counters (budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd)
                    VALUES (?, ?, ?, 0, 0)
                    ON CONFLICT DO UPDATE SET period_end_ms = excluded.period_end_ms
                        WHERE period_end_ms < excluded.period_end_ms
                    """, [key.name.description, key.startMS, endMS])
            }
            guard change.hasAmounts else { continue }
            try database.run(
                """
                UPDATE counters SET spent_nano_usd = spent_nano_usd + ?, held_nano_usd = held_nano_usd + ?
                WHERE budget = ? AND period_start_ms = ?
                """, [change.spent.nanoUSD, change.held.nanoUSD, key.name.description, key.startMS])
        }
    }

    private static let lost = GovernorError.ledgerUnavailable(reason: "a write of the ledger failed half way")
}

/// The `reserve` entries of an owner's open holds, which need not be read again to end them.
final class ReservedEntries: Sendable {
    private let entries = Mutex<[HoldID: JournalEntry]>([:])

    subscript(hold: HoldID) -> JournalEntry? {
        get { entries.withLock { $0[hold] } }
        set { entries.withLock { $0[hold] = newValue } }
    }
}

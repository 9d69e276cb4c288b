import FoundationEssentials
import Postgres
package import Spending
import Synchronization

/// How budgets stand, read without a lock.
extension PostgresLedger {
    /// How often at most counters are read again because others were asked for than were expected.
    private static let readsMax = 4

    package func status(
        _ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]
    ) async throws(GovernorError) -> LedgerStanding {
        try await reading { client in
            var range = counted.withLock { $0 }
            for _ in 0..<Self.readsMax {
                let books = try await books(range, client)
                let asked = lines(books.moment)
                let needed = CounterRange(asked)
                if needed.beyond(range).isEmpty {
                    // What cannot be read is not asked for by those that come after.
                    counted.withLock { [range] in $0 = range }
                    return LedgerStanding(counters: asked.map(books.counters.counter), moment: books.moment)
                }
                range = needed
            }
            throw Self.unknownFailure
        }
    }

    /// Reads one state of the ledger, and its clock: a transaction in one round trip.
    private func books(_ counters: CounterRange, _ client: PostgresClient) async throws -> LedgerBooks {
        // Others may learn of newer ones meanwhile.
        let known = knownLimits.copy
        let results = try await client.withConnection { connection in
            try await connection.pipeline([
                PostgresStatement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                PostgresConfiguration.lookups,
                LedgerHead.look(clockMS: clock.milliseconds, seen: seen.lastID),
                LedgerReader.raises(clockMS: clock.milliseconds),
                counters.statement,
                LedgerReader.limits(unless: known.head),
                PostgresStatement("COMMIT"),
            ])
        }
        let head = try seen.head(results[2], isLocked: false)
        var books = LedgerBooks(head, owner: ownerID)
        for row in results[3].rows { books.raises.append(try BudgetRaise(row)) }
        try counters.note(results[4].rows, in: &books.counters)
        books.allLimits = try LedgerReader.limits(results[5].rows, known)
        knownLimits.take(known)
        return books
    }
}

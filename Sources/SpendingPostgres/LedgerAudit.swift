import FoundationEssentials
import Postgres
import Spending

/// Rebuilds the counters from the journal.
enum LedgerAudit {
    private struct Amounts {
        var spent: Int64 = 0
        var held: Int64 = 0
    }

    private typealias Sums = [LedgerBooks.CounterKey: Amounts]

    static func verify(_ client: PostgresClient) async throws -> LedgerVerification {
        // All from one snapshot.
        let results = try await client.withTransaction(isolation: .repeatableRead) { connection in
            try await connection.pipeline([
                PostgresStatement(
                    """
                    SELECT budget, period_start_ms, sum(journal.spent_nano_usd)::int8, sum(journal.held_nano_usd)::int8
                    FROM journal JOIN hold_budgets USING (hold_id) GROUP BY budget, period_start_ms
                    """),
                PostgresStatement("SELECT budget, period_start_ms, spent_nano_usd, held_nano_usd FROM counters"),
                PostgresStatement(
                    """
                    SELECT budget, period_start_ms, 0::int8, sum(bound_nano_usd)::int8
                    FROM holds JOIN hold_budgets USING (hold_id) WHERE NOT is_orphan GROUP BY budget, period_start_ms
                    """),
                PostgresStatement("SELECT count(*) FROM journal"),
            ])
        }
        let (journaled, counted, open) = (try sums(results[0]), try sums(results[1]), try sums(results[2]))
        var differences: [LedgerDifference] = []
        let keys = Set(journaled.keys).union(counted.keys).union(open.keys).sorted {
            ($0.budget, $0.startMS) < ($1.budget, $1.startMS)
        }
        for key in keys {
            let truth = journaled[key] ?? Amounts()
            let counter = counted[key] ?? Amounts()
            for (amount, counted, journaled) in [
                (LedgerDifference.Amount.spent, counter.spent, truth.spent), (.held, counter.held, truth.held),
                (.openHolds, open[key]?.held ?? 0, truth.held),
            ] where counted != journaled {
                differences.append(
                    LedgerDifference(
                        budget: key.budget, periodStart: Date(milliseconds: key.startMS), amount: amount,
                        counted: Money(nanoUSD: counted), journaled: Money(nanoUSD: journaled)))
            }
        }
        guard let entries = results[3].rows.first else { throw PostgresError.unexpectedType(column: 0) }
        return LedgerVerification(entries: try entries.get(0), differences: differences)
    }

    private static func sums(_ result: PostgresResult) throws(PostgresError) -> Sums {
        var sums: Sums = [:]
        for row in result.rows {
            sums[LedgerBooks.CounterKey(budget: try row.get(0), startMS: try row.get(1))] = Amounts(
                spent: try row.get(2), held: try row.get(3))
        }
        return sums
    }
}

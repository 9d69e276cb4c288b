import FoundationEssentials
import Postgres
import Spending

extension LedgerAudit {
    /// Reads what is to be compared, all from one snapshot.
    init(_ client: PostgresClient) async throws {
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
                    """), Self.sums, PostgresStatement("SELECT count(*), coalesce(max(id), 0) FROM journal"),
            ])
        }
        guard let entries = results[4].rows.first else { throw PostgresError.unexpectedType(column: 0) }
        self.init(
            journaled: try Self.amounts(results[0]), counted: try Self.amounts(results[1]),
            open: try Self.amounts(results[2]),
            quarters: try results[3].rows.map { row in
                (number: try row.get(0), counted: try Amounts(row, from: 1), journaled: try Amounts(row, from: 3))
            }, entries: try entries.get(0), lastEntry: try entries.get(1))
    }

    /// The quarters of an hour in which the sums of reports and the journal disagree.
    private static let sums = PostgresStatement(
        """
        SELECT quarter, sum(spent)::int8, sum(held)::int8, sum(journaled_spent)::int8, sum(journaled_held)::int8 FROM (
            SELECT quarter, spent_nano_usd AS spent, held_nano_usd AS held, 0 AS journaled_spent, 0 AS journaled_held
            FROM spend_quarters
            UNION ALL
            SELECT reserve.at_ms / 900000, 0, 0, entry.spent_nano_usd, entry.held_nano_usd
            FROM journal AS entry JOIN journal AS reserve ON reserve.id = entry.hold_id) AS sums
        GROUP BY quarter HAVING sum(spent) <> sum(journaled_spent) OR sum(held) <> sum(journaled_held)
        ORDER BY quarter
        """)

    private static func amounts(_ result: PostgresResult) throws(PostgresError) -> [CounterKey: Amounts] {
        var amounts: [CounterKey: Amounts] = [:]
        for row in result.rows {
            let key = CounterKey(name: BudgetLine.Name(try row.get(0)), startMS: try row.get(1))
            amounts[key] = try Amounts(row, from: 2)
        }
        return amounts
    }
}

extension LedgerAudit.Amounts {
    /// Reads two columns of a row.
    fileprivate init(_ row: PostgresRow, from column: Int) throws(PostgresError) {
        self.init(spent: Money(nanoUSD: try row.get(column)), held: Money(nanoUSD: try row.get(column + 1)))
    }
}

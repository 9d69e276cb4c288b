import Postgres
import Spending

/// Finds what a restore of a part left behind in the ledger's rows.
enum LedgerInspection {
    /// Looks whether the ledger's head is where its journal ends, and whether each hold is in it.
    static func problems(_ client: PostgresClient) async throws -> [String] {
        try await head(client) + holdsWithoutEntry(client)
    }

    private static func holdsWithoutEntry(_ client: PostgresClient) async throws -> [String] {
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT count(*) FROM holds
                WHERE NOT EXISTS (SELECT FROM journal WHERE id = holds.hold_id AND kind = 'reserve')
                """)
        ).rows.first
        guard let count: Int64 = try row?.get(0), count > 0 else { return [] }
        return [LedgerFinding.holdsWithoutEntry(count: count).description]
    }

    private static func head(_ client: PostgresClient) async throws -> [String] {
        let row = try await client.run(
            PostgresStatement(
                """
                -- Where somebody set a clock that was ahead right, earlier rows may have later instants.
                WITH begin AS (SELECT CASE WHEN EXISTS (SELECT FROM decisions WHERE kind = 'clock') THEN 0 END AS ms)
                SELECT last_id, ledger_head.at_ms, raised_ms, coalesce(entry.id, 0),
                    coalesce(begin.ms, entry.at_ms, 0), coalesce(begin.ms, (SELECT max(at_ms) FROM raises), 0)
                FROM begin LEFT JOIN ledger_head ON true
                LEFT JOIN (SELECT id, at_ms FROM journal ORDER BY id DESC LIMIT 1) AS entry ON true
                """)
        ).rows.first
        guard let row else { throw PostgresError.unexpectedType(column: 0) }
        guard let head: Int64 = try row.get(0) else {
            return [
                "ledger_head has no row, as after a restore of a part: restore the whole backup into an empty database"
            ]
        }
        let (entry, entryMS, raisedMS): (Int64, Int64, Int64) = (try row.get(3), try row.get(4), try row.get(5))
        let (headMS, headRaisedMS): (Int64, Int64) = (try row.get(1), try row.get(2))
        guard head < entry || headMS < entryMS || headRaisedMS < raisedMS else { return [] }
        return [
            "ledger_head ends at entry \(head) and the journal at \(entry), as after a restore of rows alone: restore the "
                + "whole backup into an empty database, or run `UPDATE \(client.configuration.schema).ledger_head SET "
                + "last_id = greatest(last_id, \(entry)), at_ms = greatest(at_ms, \(entryMS)), "
                + "raised_ms = greatest(raised_ms, \(raisedMS))` as the owner"
        ]
    }

    /// How far back a start looks, in days: longer than a budget's longest period.
    private static let days: Int64 = 32
    /// The longest that a start takes for it.
    private static let timeMaxMS: Int64 = 3000

    /// Looks whether the counters of periods that began lately hold what the journal says; `verify` compares all.
    static func countersBehind(_ client: PostgresClient) async throws -> [String] {
        let compare = PostgresStatement(
            """
            WITH begin AS (SELECT floor(extract(epoch FROM now()) * 1000)::int8 - $1 AS ms), journaled AS (
                SELECT budget, period_start_ms, sum(journal.spent_nano_usd) AS spent, sum(journal.held_nano_usd) AS held
                FROM journal JOIN hold_budgets USING (hold_id), begin
                WHERE at_ms >= begin.ms AND period_start_ms >= begin.ms GROUP BY budget, period_start_ms
            )
            SELECT DISTINCT split_part(budget, '/', 1) FROM journaled LEFT JOIN counters USING (budget, period_start_ms)
            WHERE (counters.spent_nano_usd, counters.held_nano_usd) IS DISTINCT FROM (journaled.spent, journaled.held)
            ORDER BY 1
            """, [.int8(days * 86_400_000)])
        do {
            let budgets = try await client.withTransaction { connection in
                try await connection.run(
                    PostgresStatement(
                        "SELECT set_config('statement_timeout', $1, true)", [.text("\(timeMaxMS)")]))
                return try await connection.run(compare).rows.map { try $0.get(0, as: String.self) }
            }
            guard !budgets.isEmpty else { return [] }
            return [
                "the counters of \(budgets.joined(separator: ", ")) do not hold what the journal says; see `sluice budget "
                    + "verify`, and restore the whole backup into an empty database"
            ]
        } catch let error as PostgresError where error.state == .queryCancelled {
            // A journal that is too long for a look at the start.
            return []
        }
    }
}

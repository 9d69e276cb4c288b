import Postgres
import Spending

/// Finds what a restore of a part left behind in the ledger's rows.
enum LedgerInspection {
    /// What is wrong where there is no head.
    static let headMissing = "ledger_head has no row, as after a restore of a part: \(restore)"

    private static let restore = "restore the whole backup into an empty database"

    /// How many of the newest entries a start looks at: what a table lacks that was not restored, it lacks there too.
    private static let entriesLately = 5000

    /// Looks whether the ledger's head is where its journal ends, and whether all is there that was written together.
    ///
    /// - Parameters:
    ///   - client: Leads to the ledger.
    ///   - lately: Whether the newest entries are enough.
    /// - Returns: A sentence for each problem, with what to do.
    /// - Throws: `PostgresError`.
    static func problems(_ client: PostgresClient, lately: Bool) async throws -> [String] {
        try await head(client) + rowsMissing(client, lately: lately)
    }

    // MARK: - The head

    private static func head(_ client: PostgresClient) async throws -> [String] {
        let counts = PostgresLedger.counted.map { "\($0.column), (SELECT count(*) FROM \($0.table))" }
        let row = try await client.run(
            PostgresStatement(
                """
                -- Where somebody set a clock that was ahead right, earlier rows may have later instants.
                WITH begin AS (SELECT CASE WHEN EXISTS (SELECT FROM decisions WHERE kind = 'clock') THEN 0 END AS ms)
                SELECT last_id, ledger_head.at_ms, raised_ms, coalesce(entry.id, 0),
                    coalesce(begin.ms, entry.at_ms, 0), coalesce(begin.ms, (SELECT max(at_ms) FROM raises), 0),
                    \(counts.joined(separator: ", "))
                FROM begin LEFT JOIN ledger_head ON true
                LEFT JOIN (SELECT id, at_ms FROM journal ORDER BY id DESC LIMIT 1) AS entry ON true
                """)
        ).rows.first
        guard let row else { throw PostgresError.unexpectedType(column: 0) }
        guard let head: Int64 = try row.get(0) else { return [headMissing] }
        let (entry, entryMS, raisedMS): (Int64, Int64, Int64) = (try row.get(3), try row.get(4), try row.get(5))
        let (headMS, headRaisedMS): (Int64, Int64) = (try row.get(1), try row.get(2))
        let tables = try PostgresLedger.counted.enumerated().map { place, counted in
            (
                table: counted.table, column: counted.column, counted: try row.get(6 + 2 * place, as: Int64.self),
                rows: try row.get(7 + 2 * place, as: Int64.self)
            )
        }
        var problems: [String] = []
        let lacking =
            (head > entry ? ["ledger_head ends at entry \(head) and the journal at \(entry)"] : [])
            + tables.filter { $0.counted > $0.rows }.map { "\($0.table) has \($0.rows) of \($0.counted) rows" }
        if !lacking.isEmpty {
            problems.append("\(lacking.joined(separator: ", ")), as after a restore of a part: \(restore)")
        }
        let uncounted = tables.filter { $0.counted < $0.rows }
        guard head < entry || headMS < entryMS || headRaisedMS < raisedMS || !uncounted.isEmpty else { return problems }
        let counting = uncounted.map { ", \($0.column) = greatest(\($0.column), \($0.rows))" }.joined()
        problems.append(
            "ledger_head ends at entry \(head) and the journal at \(entry)"
                + uncounted.map { ", it counts \($0.counted) of the \($0.rows) \($0.table)" }.joined()
                + ", as after a restore of rows alone: \(restore), or run `UPDATE "
                + "\(client.configuration.schema).ledger_head SET last_id = greatest(last_id, \(entry)), "
                + "at_ms = greatest(at_ms, \(entryMS)), raised_ms = greatest(raised_ms, \(raisedMS))\(counting)` as the "
                + "owner")
        return problems
    }

    // MARK: - Rows that were written together

    /// The tables in which entries leave rows, and what of an entry is not there.
    private static let traces = [
        (
            table: "hold_budgets",
            lack: "entry.kind = 'reserve' AND NOT EXISTS (SELECT FROM hold_budgets WHERE hold_id = entry.id)"
        ),
        (
            table: "counters",
            lack: """
            entry.kind = 'reserve' AND EXISTS (SELECT FROM hold_budgets WHERE hold_id = entry.id AND NOT EXISTS (
                SELECT FROM counters WHERE counters.budget = hold_budgets.budget
                    AND counters.period_start_ms = hold_budgets.period_start_ms))
            """
        ),
        (
            table: "spend_quarters",
            lack: """
            entry.kind = 'reserve' AND NOT EXISTS (SELECT FROM spend_quarters AS sums
                WHERE sums.quarter = entry.at_ms / 900000 AND sums.function = entry.function
                    AND sums.provider = entry.provider AND sums.region = entry.region AND sums.model = entry.model
                    AND sums.tenant = coalesce(entry.tenant, ''))
            """
        ),
        (
            table: "journal",
            lack: "entry.kind <> 'reserve' AND NOT EXISTS (SELECT FROM journal AS begun WHERE begun.id = entry.hold_id)"
        ),
        // Without them a call that comes again is paid again.
        (
            table: "responses",
            lack: """
            entry.kind = 'settle' AND EXISTS (SELECT FROM journal AS begun WHERE begun.id = entry.hold_id
                AND NOT EXISTS (SELECT FROM responses WHERE call_key = \(CallKey.sql(of: "begun"))))
            """
        ),
        (
            table: "settled_questions",
            lack: """
            entry.kind = 'settle' AND EXISTS (SELECT FROM journal AS begun WHERE begun.id = entry.hold_id
                AND NOT EXISTS (SELECT FROM settled_questions AS known
                    WHERE known.question_id = begun.question_id AND known.function = begun.function
                        AND known.provider = begun.provider AND known.region = begun.region
                        AND known.model = begun.model))
            """
        ),
    ]

    private static func rowsMissing(_ client: PostgresClient, lately: Bool) async throws -> [String] {
        let from =
            lately ? "coalesce((SELECT id FROM journal ORDER BY id DESC OFFSET \(entriesLately) LIMIT 1), 0)" : "0"
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT \(traces.map { "count(*) FILTER (WHERE \($0.lack))" }.joined(separator: ", ")),
                    -- Few, with an index of their own.
                    (SELECT count(*) FROM journal AS breach WHERE kind IN ('orphan', 'breach') AND kind = 'breach'
                        AND NOT EXISTS (SELECT FROM breaches WHERE breaches.hold_id = breach.hold_id)),
                    (SELECT count(*) FROM holds
                        WHERE NOT EXISTS (SELECT FROM journal WHERE id = holds.hold_id AND kind = 'reserve'))
                FROM journal AS entry WHERE entry.id > \(from)
                """)
        ).rows.first
        guard let row else { throw PostgresError.unexpectedType(column: 0) }
        let tables = traces.map(\.table) + ["breaches"]
        let lacking = try tables.enumerated().compactMap { place, table in
            let count: Int64 = try row.get(place)
            return count > 0 ? "\(table) (of \(count))" : nil
        }
        let strangers: Int64 = try row.get(tables.count)
        return
            (lacking.isEmpty
            ? []
            : [
                "rows are missing that entries of the journal left in \(lacking.joined(separator: ", ")), as after a "
                    + "restore of a part: \(restore)"
            ]) + (strangers > 0 ? [LedgerFinding.holdsWithoutEntry(count: strangers).description] : [])
    }

    // MARK: - Sums

    /// How far back a start looks, in days: longer than a budget's longest period.
    private static let days: Int64 = 32
    /// The longest that a start takes for it.
    private static let timeMaxMS: Int64 = 3000

    private static let sums = PostgresStatement(
        """
        WITH begin AS (SELECT floor(extract(epoch FROM now()) * 1000)::int8 - $1 AS ms), journaled AS (
            SELECT budget, period_start_ms, sum(journal.spent_nano_usd) AS spent, sum(journal.held_nano_usd) AS held
            FROM journal JOIN hold_budgets USING (hold_id), begin
            WHERE at_ms >= begin.ms AND period_start_ms >= begin.ms GROUP BY budget, period_start_ms
        ), counted AS (
            SELECT budget, period_start_ms, spent_nano_usd AS spent, held_nano_usd AS held FROM counters, begin
            WHERE period_start_ms >= begin.ms
        ), open AS (
            SELECT budget, period_start_ms, sum(bound_nano_usd) AS held FROM holds JOIN hold_budgets USING (hold_id), begin
            WHERE NOT is_orphan AND period_start_ms >= begin.ms GROUP BY budget, period_start_ms
        ), compared AS (
            SELECT split_part(budget, '/', 1) AS budget,
                (coalesce(counted.spent, 0), coalesce(counted.held, 0))
                    <> (coalesce(journaled.spent, 0), coalesce(journaled.held, 0)) AS is_counted_otherwise,
                coalesce(open.held, 0) <> coalesce(journaled.held, 0) AS is_held_otherwise
            FROM journaled FULL JOIN counted USING (budget, period_start_ms)
                FULL JOIN open USING (budget, period_start_ms)
        )
        SELECT budget, bool_or(is_counted_otherwise), bool_or(is_held_otherwise) FROM compared
        WHERE is_counted_otherwise OR is_held_otherwise GROUP BY budget ORDER BY budget
        """, [.int8(days * 86_400_000)])

    /// Looks whether counters and open holds of periods that began lately are what the journal says; `verify` compares all.
    static func countersBehind(_ client: PostgresClient) async throws -> [String] {
        do {
            let rows = try await client.withTransaction { connection in
                try await connection.run(
                    PostgresStatement(
                        "SELECT set_config('statement_timeout', $1, true)", [.text("\(timeMaxMS)")]))
                return try await connection.run(sums).rows
            }
            let cure = "; see `sluice budget verify`, and \(restore)"
            func budgets(_ column: Int) throws -> String {
                try rows.filter { try $0.get(column) }.map { try $0.get(0, as: String.self) }.joined(separator: ", ")
            }
            let (counted, held) = (try budgets(1), try budgets(2))
            return (counted.isEmpty ? [] : ["the counters of \(counted) do not hold what the journal says\(cure)"])
                + (held.isEmpty ? [] : ["the open holds of \(held) are not those of the journal\(cure)"])
        } catch let error as PostgresError where error.state == .queryCancelled {
            // A journal that is too long for a look at the start.
            return []
        }
    }
}

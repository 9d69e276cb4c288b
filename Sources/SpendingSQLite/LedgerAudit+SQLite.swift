import FoundationEssentials
import GRDB
import Spending

extension LedgerAudit {
    /// Reads what is to be compared, all in the reader's transaction.
    ///
    /// - Parameters:
    ///   - database: The ledger's.
    ///   - checksFile: Whether the file itself is checked too, with all that others keep in it.
    /// - Throws: Where it cannot be read.
    init(_ database: Database, checksFile: Bool = true) throws {
        self.init(
            journaled: try Self.amounts(
                database,
                """
                SELECT budget, period_start_ms, sum(journal.spent_nano_usd), sum(journal.held_nano_usd)
                FROM journal JOIN hold_budgets USING (hold_id) GROUP BY budget, period_start_ms
                """),
            counted: try Self.amounts(
                database, "SELECT budget, period_start_ms, spent_nano_usd, held_nano_usd FROM counters"),
            open: try Self.amounts(
                database,
                """
                SELECT budget, period_start_ms, 0, sum(bound_nano_usd)
                FROM holds JOIN hold_budgets USING (hold_id) WHERE is_orphan = 0 GROUP BY budget, period_start_ms
                """), quarters: try Self.quarters(database),
            entries: try Int.fetchOne(database, sql: "SELECT count(*) FROM journal") ?? 0,
            lastEntry: try Int64.fetchOne(database, sql: "SELECT max(id) FROM journal") ?? 0,
            findings: try Self.findings(database, checksFile: checksFile))
    }

    private static func findings(_ database: Database, checksFile: Bool) throws -> [LedgerFinding] {
        var findings: [LedgerFinding] = []
        // Its indices too, which a mere look at the pages would leave out.
        let checked = checksFile ? try String.fetchAll(database, sql: "PRAGMA integrity_check(1)") : ["ok"]
        if checked != ["ok"] {
            let lines = checked.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("***") }
            findings.append(.damaged(reason: lines.joined(separator: "; ")))
        }
        let missing = try Int64.fetchOne(database, sql: "SELECT ifnull(max(id), 0) - count(*) FROM journal") ?? 0
        if missing > 0 {
            // Numbers are given one by one, from 1.
            let first = try Int64.fetchOne(
                database,
                sql: """
                    SELECT number FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM journal)
                    WHERE id <> number ORDER BY number LIMIT 1
                    """)
            findings.append(.entriesMissing(first: first ?? 1, count: missing))
        }
        let unknown = try Int64.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM holds WHERE NOT EXISTS
                    (SELECT 1 FROM journal WHERE id = hold_id AND kind = 'reserve' AND hold_mark IS mark)
                """)
        if let unknown, unknown > 0 { findings.append(.holdsWithoutEntry(count: unknown)) }
        return findings
    }

    private static func quarters(
        _ database: Database
    ) throws -> [(number: Int64, counted: Amounts, journaled: Amounts)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT quarter, sum(spent), sum(held), sum(journaled_spent), sum(journaled_held) FROM (
                    SELECT quarter, spent_nano_usd AS spent, held_nano_usd AS held, 0 AS journaled_spent,
                        0 AS journaled_held FROM spend_quarters
                    UNION ALL
                    SELECT reserved_ms / 900000, 0, 0, spent_nano_usd, held_nano_usd FROM journal)
                GROUP BY quarter HAVING sum(spent) <> sum(journaled_spent) OR sum(held) <> sum(journaled_held)
                ORDER BY quarter
                """
        ).map { ($0[0], Amounts($0[1], $0[2]), Amounts($0[3], $0[4])) }
    }

    private static func amounts(_ database: Database, _ sql: String) throws -> [CounterKey: Amounts] {
        try Row.fetchAll(database, sql: sql).reduce(into: [:]) { amounts, row in
            let key = CounterKey(name: BudgetLine.Name(row[0]), startMS: row[1])
            amounts[key] = Amounts(row[2], row[3])
        }
    }
}

extension LedgerAudit.Amounts {
    fileprivate init(_ spent: Int64, _ held: Int64) {
        self.init(spent: Money(nanoUSD: spent), held: Money(nanoUSD: held))
    }
}

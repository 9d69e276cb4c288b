import FoundationEssentials
import GRDB
import Spending

/// Rebuilds the counters from the journal.
enum LedgerAudit {
    private struct Key: Hashable {
        let budget: String
        let periodStartMS: Int64
    }

    private struct Amounts {
        var spent: Int64 = 0
        var held: Int64 = 0
    }

    static func verify(_ database: Database) throws -> LedgerVerification {
        let journaled = try amounts(
            database,
            """
            SELECT budget, period_start_ms, sum(journal.spent_nano_usd), sum(journal.held_nano_usd)
            FROM journal JOIN hold_budgets USING (hold_id) GROUP BY budget, period_start_ms
            """)
        let counted = try amounts(
            database, "SELECT budget, period_start_ms, spent_nano_usd, held_nano_usd FROM counters")
        let open = try amounts(
            database,
            """
            SELECT budget, period_start_ms, 0, sum(bound_nano_usd)
            FROM holds JOIN hold_budgets USING (hold_id) WHERE is_orphan = 0 GROUP BY budget, period_start_ms
            """)
        var differences: [LedgerDifference] = []
        let keys = Set(journaled.keys).union(counted.keys).union(open.keys).sorted {
            ($0.budget, $0.periodStartMS) < ($1.budget, $1.periodStartMS)
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
                        budget: key.budget, periodStart: Date(milliseconds: key.periodStartMS), amount: amount,
                        counted: Money(nanoUSD: counted), journaled: Money(nanoUSD: journaled)))
            }
        }
        differences += try reportDifferences(database)
        let entries = try Int.fetchOne(database, sql: "SELECT count(*) FROM journal") ?? 0
        return LedgerVerification(entries: entries, differences: differences)
    }

    /// Where the sums that reports read disagree with the journal.
    private static func reportDifferences(_ database: Database) throws -> [LedgerDifference] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT quarter, sum(spent), sum(journaled_spent), sum(held), sum(journaled_held) FROM (
                    SELECT quarter, spent_nano_usd AS spent, held_nano_usd AS held, 0 AS journaled_spent,
                        0 AS journaled_held FROM spend_quarters
                    UNION ALL
                    SELECT reserved_ms / 900000, 0, 0, spent_nano_usd, held_nano_usd FROM journal)
                GROUP BY quarter HAVING sum(spent) <> sum(journaled_spent) OR sum(held) <> sum(journaled_held)
                ORDER BY quarter
                """)
        return rows.flatMap { row in
            let amounts: [(LedgerDifference.Amount, counted: Int64, journaled: Int64)] = [
                (.spent, row[1], row[2]), (.held, row[3], row[4]),
            ]
            return amounts.filter { $0.counted != $0.journaled }.map {
                LedgerDifference(
                    budget: nil, periodStart: SpendQuarter.start(row[0]), amount: $0.0,
                    counted: Money(nanoUSD: $0.counted), journaled: Money(nanoUSD: $0.journaled))
            }
        }
    }

    private static func amounts(_ database: Database, _ sql: String) throws -> [Key: Amounts] {
        try Row.fetchAll(database, sql: sql).reduce(into: [:]) { amounts, row in
            amounts[Key(budget: row[0], periodStartMS: row[1])] = Amounts(spent: row[2], held: row[3])
        }
    }
}

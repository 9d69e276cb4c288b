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
        let entries = try Int.fetchOne(database, sql: "SELECT count(*) FROM journal") ?? 0
        return LedgerVerification(entries: entries, differences: differences)
    }

    private static func amounts(_ database: Database, _ sql: String) throws -> [Key: Amounts] {
        try Row.fetchAll(database, sql: sql).reduce(into: [:]) { amounts, row in
            amounts[Key(budget: row[0], periodStartMS: row[1])] = Amounts(spent: row[2], held: row[3])
        }
    }
}

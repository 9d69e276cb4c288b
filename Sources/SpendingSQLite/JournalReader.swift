import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// Reads journal entries back as values.
enum JournalReader {
    static func entries(after id: Int64, atMost count: Int, _ database: Database) throws -> [JournalEntry] {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM journal WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [id, max(0, count)])
        let lines = try database.cachedStatement(
            sql: """
                SELECT budget, period_start_ms, limit_nano_usd FROM hold_budgets WHERE hold_id = ? ORDER BY budget
                """)
        return try rows.compactMap { row in
            let holdID: Int64 = row["hold_id"]
            return try entry(
                row,
                lines: Row.fetchAll(lines, arguments: [holdID]).map {
                    JournalEntry.Line(
                        budget: $0[0], periodStart: Date(milliseconds: $0[1]), limit: Money(nanoUSD: $0[2]))
                })
        }
    }

    private static func entry(_ row: Row, lines: [JournalEntry.Line]) -> JournalEntry? {
        // The table's own check leaves no other word.
        guard let kind = JournalEntry.Kind(rawValue: row["kind"]) else { return nil }
        let (input, output): (Int?, Int?) = (row["input_tokens"], row["output_tokens"])
        let (inputRate, outputRate): (Int64?, Int64?) = (
            row["input_nano_usd_per_token"], row["output_nano_usd_per_token"]
        )
        let countedBy: String? = row["counted_by"]
        let holdID: Int64 = row["hold_id"]
        return JournalEntry(
            id: row["id"], at: Date(milliseconds: row["at_ms"]), kind: kind, holdID: String(holdID),
            reservedAt: Date(milliseconds: row["reserved_ms"]),
            call: CallID(
                questionID: row["question_id"], function: row["function"], ordinal: row["ordinal"],
                digest: row["digest"]),
            model: ModelID(provider: row["provider"], region: row["region"], model: row["model"]),
            tenant: row["tenant"],
            rates: inputRate.flatMap { inputRate in
                outputRate.map {
                    TokenRates(
                        from: Date(milliseconds: row["price_from_ms"]), inputNanoUSDPerToken: inputRate,
                        outputNanoUSDPerToken: $0,
                        cacheReadNanoUSDPerToken: row["cache_read_nano_usd_per_token"],
                        cacheWriteNanoUSDPerToken: row["cache_write_nano_usd_per_token"])
                }
            },
            usage: input.flatMap { input in
                output.map {
                    TokenUsage(
                        inputTokens: input, outputTokens: $0, cacheReadTokens: row["cache_read_tokens"] ?? 0,
                        cacheWriteTokens: row["cache_write_tokens"] ?? 0)
                }
            },
            countedBy: countedBy.flatMap(UsageSource.init), requestID: row["request_id"],
            responseDigest: row["response_sha256"], spent: Money(nanoUSD: row["spent_nano_usd"]),
            held: Money(nanoUSD: row["held_nano_usd"]), lines: lines)
    }
}

extension BudgetRaise {
    /// Reads `budget, limit_nano_usd, at_ms, until_ms, reason`.
    init(_ row: Row) {
        self.init(
            budget: row[0], limit: Money(nanoUSD: row[1]), at: Date(milliseconds: row[2]),
            until: Date(milliseconds: row[3]), reason: row[4])
    }
}

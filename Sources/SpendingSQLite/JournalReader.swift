import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// Reads journal entries back as values.
enum JournalReader {
    /// In the order in which ``entry(_:lines:)`` reads them: by position, because looking each up by its name takes most of
    /// the time.
    private static let columns = """
        id, at_ms, kind, hold_id, reserved_ms, question_id, function, ordinal, digest, provider, region, model, tenant,
        input_nano_usd_per_token, output_nano_usd_per_token, price_from_ms, cache_read_nano_usd_per_token,
        cache_write_nano_usd_per_token, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, counted_by,
        request_id, response_sha256, spent_nano_usd, held_nano_usd, hold_mark
        """

    static func entries(after id: Int64, atMost count: Int, _ database: Database) throws -> [JournalEntry] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT \(columns) FROM journal WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [id, max(0, count)])
        let lines = try database.cachedStatement(
            sql: """
                SELECT budget, period_start_ms, limit_nano_usd FROM hold_budgets WHERE hold_id = ? ORDER BY budget
                """)
        var entries: [JournalEntry] = []
        while let row = try rows.next() {
            let holdID: Int64 = row[3]
            let entry = try entry(
                row,
                lines: Row.fetchAll(lines, arguments: [holdID]).map {
                    JournalEntry.Line(
                        name: BudgetLine.Name($0[0]), periodStart: Date(milliseconds: $0[1]),
                        limit: Money(nanoUSD: $0[2]))
                })
            if let entry { entries.append(entry) }
        }
        return entries
    }

    private static func entry(_ row: Row, lines: [JournalEntry.Line]) -> JournalEntry? {
        // The table's own check leaves no other word.
        guard let kind = JournalEntry.Kind(rawValue: row[2]) else { return nil }
        let (inputRate, outputRate): (Int64?, Int64?) = (row[13], row[14])
        let (input, output): (Int?, Int?) = (row[18], row[19])
        let countedBy: String? = row[22]
        return JournalEntry(
            id: row[0], at: Date(milliseconds: row[1]), kind: kind,
            holdID: HoldID(number: row[3], mark: row[27]),
            reservedAt: Date(milliseconds: row[4]),
            call: CallID(questionID: row[5], function: row[6], ordinal: row[7], digest: row[8]),
            model: ModelID(provider: row[9], region: row[10], model: row[11]), tenant: row[12],
            rates: inputRate.flatMap { inputRate in
                outputRate.map {
                    TokenRates(
                        from: Date(milliseconds: row[15]), inputNanoUSDPerToken: inputRate,
                        outputNanoUSDPerToken: $0, cacheReadNanoUSDPerToken: row[16],
                        cacheWriteNanoUSDPerToken: row[17])
                }
            },
            usage: input.flatMap { input in
                output.map {
                    TokenUsage(
                        inputTokens: input, outputTokens: $0, cacheReadTokens: row[20] ?? 0,
                        cacheWriteTokens: row[21] ?? 0)
                }
            },
            countedBy: countedBy.flatMap(UsageSource.init), requestID: row[23], responseDigest: row[24],
            spent: Money(nanoUSD: row[25]), held: Money(nanoUSD: row[26]), lines: lines)
    }
}

extension BudgetRaise {
    /// Reads `budget, limit_nano_usd, at_ms, until_ms, reason, kind`.
    init(_ row: Row) {
        self.init(
            // The table takes no other.
            kind: Kind(rawValue: row[5]) ?? .raise, budget: row[0], limit: Money(nanoUSD: row[1]),
            at: Date(milliseconds: row[2]),
            until: Date(milliseconds: row[3]), reason: row[4])
    }
}

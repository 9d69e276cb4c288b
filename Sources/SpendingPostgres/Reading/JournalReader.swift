import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// Reads journal entries back as values.
enum JournalReader {
    /// Entries in their order.
    static func entries(
        after id: Int64, atMost count: Int, _ client: PostgresClient
    ) async throws -> [JournalEntry] {
        try await entries(
            "SELECT * FROM journal WHERE id > $1 ORDER BY id LIMIT $2", [.int8(id), .int8(max(0, count))], client)
    }

    /// Entries by their ids, in the order of these.
    static func entries(_ ids: [Int64], _ client: PostgresClient) async throws -> [JournalEntry] {
        let entries = try await entries("SELECT * FROM journal WHERE id = ANY($1)", [.int8s(ids)], client)
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        return entries.sorted { places[$0.id, default: 0] < places[$1.id, default: 0] }
    }

    private static func entries(
        _ selection: String, _ values: [PostgresValue], _ client: PostgresClient
    ) async throws -> [JournalEntry] {
        let rows = try await client.run(
            PostgresStatement(
                """
                SELECT entry.id, entry.at_ms, entry.kind, entry.hold_id, reserve.at_ms, reserve.question_id,
                    reserve.function, reserve.ordinal, reserve.digest, reserve.provider, reserve.region, reserve.model,
                    reserve.tenant, reserve.price_from_ms, reserve.input_nano_usd_per_token,
                    reserve.output_nano_usd_per_token, reserve.cache_read_nano_usd_per_token,
                    reserve.cache_write_nano_usd_per_token, entry.input_tokens, entry.output_tokens,
                    entry.cache_read_tokens, entry.cache_write_tokens, entry.counted_by, entry.request_id,
                    entry.response_sha256, entry.spent_nano_usd, entry.held_nano_usd
                FROM (\(selection)) AS entry
                JOIN journal AS reserve ON reserve.id = entry.hold_id ORDER BY entry.id
                """, values)
        ).rows
        // What is journaled never changes, so that this may be another snapshot.
        let holds = Set(try rows.map { try $0.get(3, as: Int64.self) })
        let lines = try await client.run(
            PostgresStatement(
                """
                SELECT hold_id, budget, period_start_ms, limit_nano_usd FROM hold_budgets WHERE hold_id = ANY($1)
                """, [.int8s(Array(holds))])
        ).rows.map { row in
            (
                hold: try row.get(0, as: Int64.self),
                line: JournalEntry.Line(
                    name: BudgetLine.Name(try row.get(1)), periodStart: Date(milliseconds: try row.get(2)),
                    limit: Money(nanoUSD: try row.get(3)))
            )
        }
        let linesOfHolds = Dictionary(grouping: lines, by: \.hold).mapValues { lines in
            lines.map(\.line).sorted { $0.name < $1.name }
        }
        return try rows.map { try entry($0, linesOfHolds) }
    }

    private static func entry(
        _ row: PostgresRow, _ lines: [Int64: [JournalEntry.Line]]
    ) throws(PostgresError) -> JournalEntry {
        guard let kind = JournalEntry.Kind(rawValue: try row.get(2)) else { throw .unexpectedType(column: 2) }
        let hold: Int64 = try row.get(3)
        var usage: TokenUsage?
        if let input: Int = try row.get(18), let output: Int = try row.get(19) {
            usage = TokenUsage(
                inputTokens: input, outputTokens: output, cacheReadTokens: try row.get(20),
                cacheWriteTokens: try row.get(21))
        }
        let countedBy: String? = try row.get(22)
        return JournalEntry(
            id: try row.get(0), at: Date(milliseconds: try row.get(1)), kind: kind, holdID: HoldID(number: hold),
            reservedAt: Date(milliseconds: try row.get(4)),
            call: CallID(
                questionID: try row.get(5), function: try row.get(6), ordinal: try row.get(7), digest: try row.get(8)),
            model: ModelID(provider: try row.get(9), region: try row.get(10), model: try row.get(11)),
            tenant: try row.get(12),
            rates: TokenRates(
                from: Date(milliseconds: try row.get(13)), inputNanoUSDPerToken: try row.get(14),
                outputNanoUSDPerToken: try row.get(15), cacheReadNanoUSDPerToken: try row.get(16),
                cacheWriteNanoUSDPerToken: try row.get(17)),
            usage: usage, countedBy: countedBy.flatMap(UsageSource.init), requestID: try row.get(23),
            responseDigest: try row.get(24), spent: Money(nanoUSD: try row.get(25)),
            held: Money(nanoUSD: try row.get(26)), lines: lines[hold] ?? [])
    }
}

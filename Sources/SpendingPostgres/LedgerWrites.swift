import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// What a transaction writes: a statement for each table, be it one row or hundreds.
struct LedgerWrites {
    struct Reserve {
        let id: Int64
        let call: PaidCall
        let key: UUID
        let rates: TokenRates
        let bound: Int64
        let lines: [(key: LedgerBooks.CounterKey, limit: Int64)]
    }

    struct End {
        let id: Int64
        let kind: JournalEntry.Kind
        let holdID: Int64
        let spent: Int64
        let held: Int64
        let settlement: DigestedSettlement?
    }

    let now: Date
    var lastID: Int64
    var reserves: [Reserve] = []
    var ends: [End] = []
    var endedHolds: [Int64] = []
    var orphans: [Int64] = []
    var responses: [(key: UUID, entryID: Int64, settlement: Settlement)] = []
    var breaches: [(holdID: Int64, call: PaidCall, usage: TokenUsage)] = []
    /// The ends of periods whose counters are missing or end too early.
    var periods: [LedgerBooks.CounterKey: Int64] = [:]
    var counterChanges: [LedgerBooks.CounterKey: (spent: Int64, held: Int64)] = [:]
    /// Calls that were answered from their stored settlements.
    var replays: [PaidCall] = []

    init(now: Date, lastID: Int64) {
        self.now = now
        self.lastID = lastID
    }

    private var isEmpty: Bool {
        reserves.isEmpty && ends.isEmpty && endedHolds.isEmpty && orphans.isEmpty && replays.isEmpty
    }

    /// The statements, without the end of the transaction.
    ///
    /// - Parameters:
    ///   - owner: This host.
    ///   - leaseUntilMS: When the new holds' leases end.
    ///   - lane: The host's connection.
    ///   - commit: The number of this transaction on the lane.
    /// - Returns: None where nothing is written.
    func statements(owner: String, leaseUntilMS: Int64, lane: String, commit: Int64) -> [PostgresStatement] {
        guard !isEmpty else { return [] }
        var statements: [PostgresStatement] = []
        if !ends.isEmpty { statements.append(insertEnds()) }
        if !endedHolds.isEmpty {
            statements.append(PostgresStatement("DELETE FROM holds WHERE hold_id = ANY($1)", [.int8s(endedHolds)]))
        }
        if !orphans.isEmpty {
            statements.append(
                PostgresStatement("UPDATE holds SET is_orphan = true WHERE hold_id = ANY($1)", [.int8s(orphans)]))
        }
        if !responses.isEmpty { statements.append(insertResponses()) }
        if !breaches.isEmpty { statements.append(insertBreaches()) }
        if !reserves.isEmpty { statements += [insertReserves(owner, leaseUntilMS), insertLines()] }
        if !replays.isEmpty { statements.append(SpendQuarters.count(replays, at: now)) }
        if !periods.isEmpty { statements.append(insertCounters()) }
        if !counterChanges.isEmpty { statements.append(updateCounters()) }
        statements.append(
            PostgresStatement(
                "UPDATE ledger_head SET last_id = $1, at_ms = $2", [.int8(lastID), .int8(now.milliseconds)]))
        statements.append(
            PostgresStatement(
                """
                INSERT INTO ledger_lanes (lane, last_commit, at_ms) VALUES ($1, $2, $3)
                ON CONFLICT (lane) DO UPDATE SET last_commit = excluded.last_commit, at_ms = excluded.at_ms
                """, [.text(lane), .int8(commit), .int8(now.milliseconds)]))
        return statements
    }

    private func insertReserves(_ owner: String, _ leaseUntilMS: Int64) -> PostgresStatement {
        PostgresStatement(
            """
            WITH reserve AS MATERIALIZED (
                SELECT * FROM unnest($4::int8[], $5::text[], $6::text[], $7::int8[], $8::text[], $9::text[], $10::text[],
                    $11::text[], $12::text[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::int8[],
                    $18::int8[], $19::uuid[])
                AS reserve(id, question_id, function, ordinal, digest, provider, region, model, tenant, price_from_ms,
                    input_rate, output_rate, cache_read_rate, cache_write_rate, bound, call_key)
            ), held AS (
                INSERT INTO holds (hold_id, call_key, owner, lease_until_ms, bound_nano_usd)
                SELECT id, call_key, $2, $3, bound FROM reserve
            )
            INSERT INTO journal (id, at_ms, kind, hold_id, question_id, function, ordinal, digest, provider, region,
                model, tenant, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token,
                cache_read_nano_usd_per_token, cache_write_nano_usd_per_token, spent_nano_usd, held_nano_usd)
            SELECT id, $1, 'reserve', id, question_id, function, ordinal, digest, provider, region, model, tenant,
                price_from_ms, input_rate, output_rate, cache_read_rate, cache_write_rate, 0, bound FROM reserve
            """,
            [
                .int8(now.milliseconds), .text(owner), .int8(leaseUntilMS), .int8s(reserves.map(\.id)),
                .texts(reserves.map(\.call.id.questionID)), .texts(reserves.map(\.call.id.function)),
                .int8s(reserves.map { Int64($0.call.id.ordinal) }), .texts(reserves.map(\.call.id.digest)),
                .texts(reserves.map(\.call.model.provider)), .texts(reserves.map(\.call.model.region)),
                .texts(reserves.map(\.call.model.model)), .texts(reserves.map(\.call.tenant)),
                .int8s(reserves.map(\.rates.from.milliseconds)), .int8s(reserves.map(\.rates.inputNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.outputNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.cacheReadNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.cacheWriteNanoUSDPerToken)), .int8s(reserves.map(\.bound)),
                .uuids(reserves.map(\.key)),
            ])
    }

    private func insertLines() -> PostgresStatement {
        let lines = reserves.flatMap { reserve in reserve.lines.map { (reserve.id, $0.key, $0.limit) } }
        return PostgresStatement(
            """
            INSERT INTO hold_budgets (hold_id, budget, period_start_ms, limit_nano_usd)
            SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[])
            """,
            [
                .int8s(lines.map(\.0)), .texts(lines.map(\.1.budget)), .int8s(lines.map(\.1.startMS)),
                .int8s(lines.map(\.2)),
            ])
    }

    private func insertEnds() -> PostgresStatement {
        let settlements = ends.map { $0.settlement?.settlement }
        return PostgresStatement(
            """
            INSERT INTO journal (at_ms, id, kind, hold_id, spent_nano_usd, held_nano_usd, input_tokens, output_tokens,
                cache_read_tokens, cache_write_tokens, counted_by, request_id, response_sha256)
            SELECT $1, * FROM unnest($2::int8[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[],
                $9::int8[], $10::int8[], $11::text[], $12::text[], $13::text[])
            """,
            [
                .int8(now.milliseconds), .int8s(ends.map(\.id)), .texts(ends.map(\.kind.rawValue)),
                .int8s(ends.map(\.holdID)), .int8s(ends.map(\.spent)), .int8s(ends.map(\.held)),
                .int8s(settlements.map { $0.map { Int64($0.usage.inputTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.outputTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.cacheReadTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.cacheWriteTokens) } }),
                .texts(settlements.map { $0?.countedBy.rawValue }), .texts(settlements.map { $0?.requestID }),
                .texts(ends.map { $0.settlement?.responseDigest }),
            ])
    }

    private func insertResponses() -> PostgresStatement {
        PostgresStatement(
            // A second attempt may have been answered first; its response is what redeliveries were given.
            """
            INSERT INTO responses (stored_ms, call_key, entry_id, cost_nano_usd, body)
            SELECT $1, * FROM unnest($2::uuid[], $3::int8[], $4::int8[], $5::bytea[]) ON CONFLICT DO NOTHING
            """,
            [
                .int8(now.milliseconds), .uuids(responses.map(\.key)), .int8s(responses.map(\.entryID)),
                .int8s(responses.map(\.settlement.cost.nanoUSD)), .byteas(responses.map(\.settlement.response)),
            ])
    }

    private func insertBreaches() -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO breaches (hold_id, provider, region, model, input_bytes, messages, output_tokens_max,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[],
                $8::int8[], $9::int8[], $10::int8[], $11::int8[])
            """,
            [
                .int8s(breaches.map(\.holdID)), .texts(breaches.map(\.call.model.provider)),
                .texts(breaches.map(\.call.model.region)), .texts(breaches.map(\.call.model.model)),
                .int8s(breaches.map { Int64($0.call.inputBytes) }), .int8s(breaches.map { Int64($0.call.messages) }),
                .int8s(breaches.map { Int64($0.call.outputTokensMax) }),
                .int8s(breaches.map { Int64($0.usage.inputTokens) }),
                .int8s(breaches.map { Int64($0.usage.outputTokens) }),
                .int8s(breaches.map { Int64($0.usage.cacheReadTokens) }),
                .int8s(breaches.map { Int64($0.usage.cacheWriteTokens) }),
            ])
    }

    private func insertCounters() -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO counters (budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd)
            SELECT budget, start_ms, end_ms, 0, 0
            FROM unnest($1::text[], $2::int8[], $3::int8[]) AS period(budget, start_ms, end_ms)
            ON CONFLICT (budget, period_start_ms) DO UPDATE SET period_end_ms = excluded.period_end_ms
                WHERE counters.period_end_ms < excluded.period_end_ms
            """,
            [
                .texts(periods.keys.map(\.budget)), .int8s(periods.keys.map(\.startMS)),
                .int8s(periods.values.map(\.self)),
            ])
    }

    private func updateCounters() -> PostgresStatement {
        PostgresStatement(
            """
            UPDATE counters SET spent_nano_usd = spent_nano_usd + change.spent,
                held_nano_usd = held_nano_usd + change.held
            FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[]) AS change(budget, start_ms, spent, held)
            WHERE counters.budget = change.budget AND counters.period_start_ms = change.start_ms
            """,
            [
                .texts(counterChanges.keys.map(\.budget)), .int8s(counterChanges.keys.map(\.startMS)),
                .int8s(counterChanges.values.map(\.spent)), .int8s(counterChanges.values.map(\.held)),
            ])
    }
}

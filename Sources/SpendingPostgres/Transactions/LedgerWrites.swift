import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// What a transaction writes: a statement for each table, be it one row or hundreds.
struct LedgerWrites {
    let now: Date
    /// The number of the last entry.
    let lastID: Int64
    let changes: LedgerChanges
    let counters: [CounterKey: CounterBook.Change]
    /// The keys of the calls that are reserved or answered.
    let keys: [CallID: UUID]

    /// The statements, without the end of the transaction.
    ///
    /// - Parameters:
    ///   - owner: This host.
    ///   - lease: How long the new holds live.
    ///   - lane: The host's connection.
    ///   - commit: The number of this transaction on the lane.
    /// - Returns: None where nothing is written.
    func statements(owner: String, lease: Duration, lane: String, commit: Int64) -> [PostgresStatement] {
        guard !changes.isEmpty else { return [] }
        var statements: [PostgresStatement] = []
        if !changes.ends.isEmpty { statements.append(insertEnds()) }
        if !changes.endedHolds.isEmpty {
            statements.append(
                PostgresStatement(
                    "DELETE FROM holds WHERE hold_id = ANY($1)", [.int8s(changes.endedHolds.map(\.number))]))
        }
        if !changes.orphans.isEmpty {
            statements.append(
                PostgresStatement(
                    "UPDATE holds SET is_orphan = true WHERE hold_id = ANY($1)",
                    [.int8s(changes.orphans.map(\.number))]))
        }
        if !changes.responses.isEmpty { statements.append(insertResponses()) }
        if !changes.breaches.isEmpty { statements.append(insertBreaches()) }
        if !changes.reserves.isEmpty {
            statements += [
                insertReserves(owner, leaseUntilMS: now.milliseconds + Int64(lease / .milliseconds(1))), insertLines(),
            ]
        }
        if !changes.replays.isEmpty { statements.append(SpendQuarters.count(changes.replays, at: now)) }
        statements += [insertCounters(), updateCounters()].compactMap(\.self)
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

    private func key(_ call: CallID) -> UUID { keys[call] ?? CallKey.of(call) }

    private func insertReserves(_ owner: String, leaseUntilMS: Int64) -> PostgresStatement {
        let reserves = changes.reserves
        return PostgresStatement(
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
                .int8(now.milliseconds), .text(owner), .int8(leaseUntilMS), .int8s(reserves.map(\.holdID.number)),
                .texts(reserves.map(\.call.id.questionID)), .texts(reserves.map(\.call.id.function)),
                .int8s(reserves.map { Int64($0.call.id.ordinal) }), .texts(reserves.map(\.call.id.digest)),
                .texts(reserves.map(\.call.model.provider)), .texts(reserves.map(\.call.model.region)),
                .texts(reserves.map(\.call.model.model)), .texts(reserves.map(\.call.tenant)),
                .int8s(reserves.map(\.rates.from.milliseconds)), .int8s(reserves.map(\.rates.inputNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.outputNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.cacheReadNanoUSDPerToken)),
                .int8s(reserves.map(\.rates.cacheWriteNanoUSDPerToken)), .int8s(reserves.map(\.bound.nanoUSD)),
                .uuids(reserves.map { key($0.call.id) }),
            ])
    }

    private func insertLines() -> PostgresStatement {
        let lines = changes.reserves.flatMap { reserve in
            reserve.lines.map { (reserve.holdID.number, $0.key, $0.limit.nanoUSD) }
        }
        return PostgresStatement(
            """
            INSERT INTO hold_budgets (hold_id, budget, period_start_ms, limit_nano_usd)
            SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[])
            """,
            [
                .int8s(lines.map(\.0)), .texts(lines.map(\.1.name.description)), .int8s(lines.map(\.1.startMS)),
                .int8s(lines.map(\.2)),
            ])
    }

    private func insertEnds() -> PostgresStatement {
        let ends = changes.ends
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
                .int8s(ends.map(\.holdID.number)), .int8s(ends.map(\.spent.nanoUSD)),
                .int8s(ends.map(\.held.nanoUSD)),
                .int8s(settlements.map { $0.map { Int64($0.usage.inputTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.outputTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.cacheReadTokens) } }),
                .int8s(settlements.map { $0.map { Int64($0.usage.cacheWriteTokens) } }),
                .texts(settlements.map { $0?.countedBy.rawValue }), .texts(settlements.map { $0?.requestID }),
                .texts(ends.map { $0.settlement?.responseDigest }),
            ])
    }

    private func insertResponses() -> PostgresStatement {
        let responses = changes.responses
        return PostgresStatement(
            // A second attempt may have been answered first; its response is what redeliveries were given.
            """
            INSERT INTO responses (stored_ms, call_key, entry_id, cost_nano_usd, body)
            SELECT $1, * FROM unnest($2::uuid[], $3::int8[], $4::int8[], $5::bytea[]) ON CONFLICT DO NOTHING
            """,
            [
                .int8(now.milliseconds), .uuids(responses.map { key($0.call) }), .int8s(responses.map(\.entryID)),
                .int8s(responses.map(\.settlement.cost.nanoUSD)), .byteas(responses.map(\.settlement.response)),
            ])
    }

    private func insertBreaches() -> PostgresStatement {
        let breaches = changes.breaches
        let usages = breaches.map(\.breach.usage)
        return PostgresStatement(
            """
            INSERT INTO breaches (hold_id, provider, region, model, input_bytes, messages, output_tokens_max,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[],
                $8::int8[], $9::int8[], $10::int8[], $11::int8[])
            """,
            [
                .int8s(breaches.map(\.holdID.number)), .texts(breaches.map(\.model.provider)),
                .texts(breaches.map(\.model.region)), .texts(breaches.map(\.model.model)),
                .int8s(breaches.map { Int64($0.breach.inputBytes) }),
                .int8s(breaches.map { Int64($0.breach.messages) }),
                .int8s(breaches.map { Int64($0.breach.outputTokensMax) }),
                .int8s(usages.map { Int64($0.inputTokens) }), .int8s(usages.map { Int64($0.outputTokens) }),
                .int8s(usages.map { Int64($0.cacheReadTokens) }), .int8s(usages.map { Int64($0.cacheWriteTokens) }),
            ])
    }

    private func insertCounters() -> PostgresStatement? {
        let periods = counters.compactMapValues(\.endMS)
        guard !periods.isEmpty else { return nil }
        return PostgresStatement(
            """
            INSERT INTO counters (budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd)
            SELECT budget, start_ms, end_ms, 0, 0
            FROM unnest($1::text[], $2::int8[], $3::int8[]) AS period(budget, start_ms, end_ms)
            ON CONFLICT (budget, period_start_ms) DO UPDATE SET period_end_ms = excluded.period_end_ms
                WHERE counters.period_end_ms < excluded.period_end_ms
            """,
            [
                .texts(periods.keys.map(\.name.description)), .int8s(periods.keys.map(\.startMS)),
                .int8s(periods.values.map(\.self)),
            ])
    }

    private func updateCounters() -> PostgresStatement? {
        let changes = counters.filter(\.value.hasAmounts)
        guard !changes.isEmpty else { return nil }
        return PostgresStatement(
            """
            UPDATE counters SET spent_nano_usd = spent_nano_usd + change.spent,
                held_nano_usd = held_nano_usd + change.held
            FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[]) AS change(budget, start_ms, spent, held)
            WHERE counters.budget = change.budget AND counters.period_start_ms = change.start_ms
            """,
            [
                .texts(changes.keys.map(\.name.description)), .int8s(changes.keys.map(\.startMS)),
                .int8s(changes.values.map(\.spent.nanoUSD)), .int8s(changes.values.map(\.held.nanoUSD)),
            ])
    }
}

import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// The first statements of a transaction: lock, and read what its operations need.
struct LedgerReader {
    /// The ledger's instant in place of the server's clock.
    let clockMS: Int64?
    let calls: [PaidCall]
    /// The holds that may end.
    let holds: [Int64]

    /// Locks the ledger until the transaction ends; gives the last entry's id and the instant.
    static let lock = "SELECT last_id, \(LedgerClock.instant) FROM ledger_head FOR UPDATE"

    static let raises = """
        SELECT budget, limit_nano_usd, at_ms, until_ms, reason FROM raises
        WHERE at_ms > (SELECT \(LedgerClock.instant) FROM ledger_head) - $2
            OR id IN (SELECT max(id) FROM raises GROUP BY budget)
        ORDER BY id
        """

    private static let known = """
        SELECT call.number, forgotten.question_id IS NOT NULL, holds.hold_id, responses.cost_nano_usd,
            responses.provider, responses.region, responses.model, responses.input_tokens, responses.output_tokens,
            responses.cache_read_tokens, responses.cache_write_tokens, responses.counted_by, responses.request_id,
            responses.body
        FROM unnest($1::int8[], $2::text[], $3::text[], $4::int8[], $5::text[])
            AS call(number, question_id, function, ordinal, digest)
        LEFT JOIN responses USING (question_id, function, ordinal, digest)
        LEFT JOIN forgotten_calls AS forgotten USING (question_id, function, ordinal, digest)
        LEFT JOIN holds ON holds.question_id = call.question_id AND holds.function = call.function
            AND holds.ordinal = call.ordinal AND holds.digest = call.digest AND NOT holds.is_orphan
        WHERE responses.question_id IS NOT NULL OR forgotten.question_id IS NOT NULL OR holds.hold_id IS NOT NULL
        """

    private static let ending = """
        SELECT hold_id, bound_nano_usd, is_orphan, budget, period_start_ms
        FROM holds LEFT JOIN hold_budgets USING (hold_id) WHERE hold_id = ANY($1)
        """

    // No hold that is open has a lease that ended by the last entry's instant: every transaction that writes an entry
    // sweeps. So what was swept long ago is not walked through again.
    private static let expired = """
        SELECT hold_id, bound_nano_usd, is_orphan, budget, period_start_ms
        FROM holds LEFT JOIN hold_budgets USING (hold_id)
        WHERE NOT is_orphan AND lease_until_ms > (SELECT at_ms FROM ledger_head)
            AND lease_until_ms <= (SELECT \(LedgerClock.instant) FROM ledger_head)
        ORDER BY hold_id
        """

    private static let breaches = """
        SELECT provider, region, model, input_bytes, messages, output_tokens_max, input_tokens, output_tokens,
            cache_read_tokens, cache_write_tokens
        FROM breaches WHERE (provider, region, model)
            IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
        """

    var statements: [PostgresStatement] {
        let models = Set(calls.map(\.model))
        return [
            PostgresStatement(Self.lock, [.int8(clockMS)]),
            PostgresStatement(
                Self.raises, [.int8(clockMS), .int8(Int64(LedgerMoment.raisesKnown * 1000))]),
            PostgresStatement(Self.ending, [.int8s(holds)]),
            PostgresStatement(Self.expired, [.int8(clockMS)]),
            PostgresStatement(
                Self.known,
                [
                    .int8s(calls.indices.map { Int64($0) }), .texts(calls.map(\.id.questionID)),
                    .texts(calls.map(\.id.function)), .int8s(calls.map { Int64($0.id.ordinal) }),
                    .texts(calls.map(\.id.digest)),
                ]),
            PostgresStatement(
                Self.breaches,
                [.texts(models.map(\.provider)), .texts(models.map(\.region)), .texts(models.map(\.model))]),
        ]
    }

    /// Makes books of the statements' results.
    func books(
        _ results: ArraySlice<PostgresResult>, owner: String, lease: Duration
    ) throws(PostgresError) -> LedgerBooks {
        let results = Array(results)
        guard results.count == statements.count, let head = results[0].rows.first else {
            throw .unexpectedType(column: 0)
        }
        var books = LedgerBooks(
            now: Date(milliseconds: try head.get(1)), lastID: try head.get(0), ownerID: owner, lease: lease)
        for row in results[1].rows { books.raises.append(try BudgetRaise(row)) }
        _ = try note(results[2].rows, in: &books)
        books.expired = try note(results[3].rows, in: &books)
        for row in results[4].rows { try noteKnown(row, in: &books) }
        for row in results[5].rows {
            let model = ModelID(provider: try row.get(0), region: try row.get(1), model: try row.get(2))
            books.breaches[model, default: []].append(try Breach(row))
        }
        return books
    }

    /// A row for each line of each hold; the holds in the rows' order.
    private func note(_ rows: [PostgresRow], in books: inout LedgerBooks) throws(PostgresError) -> [Int64] {
        var order: [Int64] = []
        var holds: [Int64: LedgerBooks.Hold] = [:]
        for row in rows {
            let id: Int64 = try row.get(0)
            var counters = holds[id]?.counters ?? []
            if let budget: String = try row.get(3) {
                counters.append(LedgerBooks.CounterKey(budget: budget, startMS: try row.get(4)))
            }
            if holds[id] == nil { order.append(id) }
            holds[id] = LedgerBooks.Hold(bound: try row.get(1), isOrphan: try row.get(2), counters: counters)
        }
        books.holds.merge(holds) { $1 }
        return order
    }

    private func noteKnown(_ row: PostgresRow, in books: inout LedgerBooks) throws(PostgresError) {
        let number: Int = try row.get(0)
        guard calls.indices.contains(number) else { throw .unexpectedType(column: 0) }
        let call = calls[number].id
        if let cost: Int64 = try row.get(3) {
            books.known[call] = .settled(try Settlement(row, cost: cost))
        } else if try row.get(1) {
            books.known[call] = .forgotten
        } else {
            books.known[call] = .held(try row.get(2))
        }
    }
}

/// The counters of budgets in periods.
enum CounterReader {
    /// All counters under the budgets' names whose periods have not ended when the earliest that is asked for begins.
    static func statement(_ lines: [BudgetLine]) -> PostgresStatement {
        var starts: [String: Int64] = [:]
        for line in lines { starts[line.budget] = min(starts[line.budget] ?? .max, line.period.start.milliseconds) }
        return PostgresStatement(
            """
            SELECT counters.budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd
            FROM unnest($1::text[], $2::int8[]) AS line(budget, start_ms)
            JOIN counters ON counters.budget = line.budget AND period_end_ms > start_ms
            """, [.texts(starts.keys), .int8s(starts.values)])
    }

    static func note(_ rows: [PostgresRow], in books: inout LedgerBooks) throws(PostgresError) {
        for row in rows {
            books.note(
                LedgerBooks.Counter(endMS: try row.get(2), spent: try row.get(3), held: try row.get(4)),
                LedgerBooks.CounterKey(budget: try row.get(0), startMS: try row.get(1)))
        }
    }
}

extension BudgetRaise {
    /// Reads `budget, limit_nano_usd, at_ms, until_ms, reason`.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            budget: try row.get(0), limit: Money(nanoUSD: try row.get(1)), at: Date(milliseconds: try row.get(2)),
            until: Date(milliseconds: try row.get(3)), reason: try row.get(4))
    }
}

extension Breach {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            inputBytes: try row.get(3), messages: try row.get(4), outputTokensMax: try row.get(5),
            usage: TokenUsage(
                inputTokens: try row.get(6), outputTokens: try row.get(7), cacheReadTokens: try row.get(8),
                cacheWriteTokens: try row.get(9)))
    }
}

extension Settlement {
    fileprivate init(_ row: PostgresRow, cost: Int64) throws(PostgresError) {
        let provider: String? = try row.get(4)
        var model: ModelID?
        if let provider { model = ModelID(provider: provider, region: try row.get(5), model: try row.get(6)) }
        guard let countedBy = UsageSource(rawValue: try row.get(11)) else { throw .unexpectedType(column: 11) }
        self.init(
            cost: Money(nanoUSD: cost), model: model,
            usage: TokenUsage(
                inputTokens: try row.get(7), outputTokens: try row.get(8), cacheReadTokens: try row.get(9),
                cacheWriteTokens: try row.get(10)),
            countedBy: countedBy, requestID: try row.get(12), response: try row.get(13))
    }
}

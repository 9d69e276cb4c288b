import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// The first statements of a transaction: lock, and read what its operations need.
struct LedgerReader {
    /// The ledger's instant in place of the server's clock.
    let clockMS: Int64?
    /// The calls that want to be made, and the models that they ask.
    let calls: [(call: KeyedCall, model: ModelID)]
    /// The holds that may end, each for its call.
    let ends: [(hold: HoldID, call: KeyedCall)]
    /// The counters that are likely to be needed.
    let counters: CounterRange
    /// The limits that this host has read.
    let knownLimits: KnownLimits
    /// The last entry that this host has seen.
    let seen: SeenHead

    /// Names the newest limits, and gives all of them where these are not `$1` and `$2`; no row where there are none.
    static func limits(unless known: KnownLimits.Head?) -> PostgresStatement {
        PostgresStatement(
            """
            SELECT head.id, head.subject, decisions.subject, decisions.content, decisions.at_ms, decisions.brought_by
            FROM (SELECT id, subject FROM decisions WHERE kind = 'limits' ORDER BY id DESC LIMIT 1) AS head
            LEFT JOIN decisions ON decisions.kind = 'limits'
                AND (head.id, head.subject) IS DISTINCT FROM ($1::int8, $2::text)
            ORDER BY decisions.id
            """, [.int8(known?.id), .text(known?.digest)])
    }

    /// All limits that were ever in force.
    static func limits(_ rows: [PostgresRow], _ known: KnownLimits) throws -> [LedgerLimits] {
        let head = try rows.first.map { KnownLimits.Head(id: try $0.get(0), digest: try $0.get(1)) }
        return try known.limits(upTo: head) {
            try rows.map { row in
                try LedgerLimits(
                    digest: try row.get(2), content: try row.get(3), at: Date(milliseconds: try row.get(4)),
                    broughtBy: try row.get(5))
            }
        }
    }

    /// The raises of a moment; see ``LedgerMoment/raises``.
    static func raises(clockMS: Int64?) -> PostgresStatement {
        PostgresStatement(raisesKnown, [.int8(clockMS), .int8(Int64(LedgerMoment.raisesKnown * 1000))])
    }

    private static let raisesKnown = """
        WITH known AS (SELECT \(LedgerClock.instant) - $2 AS since_ms FROM ledger_head)
        SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises, known
        WHERE at_ms > since_ms OR id IN (SELECT max(id) FROM raises, known WHERE at_ms <= since_ms GROUP BY budget)
        ORDER BY id
        """

    private static let known = """
        SELECT call.number, holds.hold_id, responses.cost_nano_usd, responses.body, reserve.provider, reserve.region,
            reserve.model, entry.input_tokens, entry.output_tokens, entry.cache_read_tokens, entry.cache_write_tokens,
            entry.counted_by, entry.request_id
        FROM unnest($1::uuid[]) WITH ORDINALITY AS call(call_key, number)
        LEFT JOIN responses USING (call_key)
        LEFT JOIN holds ON holds.call_key = call.call_key AND NOT holds.is_orphan
        LEFT JOIN journal AS entry ON entry.id = responses.entry_id
        LEFT JOIN journal AS reserve ON reserve.id = entry.hold_id
        WHERE responses.entry_id IS NOT NULL OR holds.hold_id IS NOT NULL
        """

    private static let ending = """
        SELECT hold_id, bound_nano_usd, is_orphan, budget, period_start_ms, owner, call_key
        FROM holds LEFT JOIN hold_budgets USING (hold_id) WHERE hold_id = ANY($1)
        """

    // No hold that is open has a lease that ended by the last entry's instant: every transaction that writes an entry
    // sweeps. So what was swept long ago is not walked through again.
    private static let expired = """
        SELECT hold_id, bound_nano_usd, is_orphan, budget, period_start_ms, owner, call_key
        FROM holds LEFT JOIN hold_budgets USING (hold_id)
        WHERE NOT is_orphan AND lease_until_ms > (SELECT at_ms FROM ledger_head)
            AND lease_until_ms <= (SELECT \(LedgerClock.instant) FROM ledger_head)
        ORDER BY hold_id
        """

    private static let breaches = """
        SELECT provider, region, model, input_bytes, messages, output_tokens_max, input_tokens, output_tokens,
            cache_read_tokens, cache_write_tokens
        FROM breaches WHERE accepted_by IS NULL AND (provider, region, model)
            IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
        """

    private var models: Set<ModelID> { Set(calls.map(\.model)) }

    var statements: [PostgresStatement] {
        let models = models
        return [
            LedgerHead.lock(clockMS: clockMS, seen: seen.lastID),
            Self.raises(clockMS: clockMS),
            PostgresStatement(Self.ending, [.int8s(ends.map(\.hold.number))]),
            PostgresStatement(Self.expired, [.int8(clockMS)]),
            PostgresStatement(Self.known, [.uuids(calls.map(\.call.key))]),
            PostgresStatement(
                Self.breaches,
                [.texts(models.map(\.provider)), .texts(models.map(\.region)), .texts(models.map(\.model))]),
            counters.statement, Self.limits(unless: knownLimits.head),
        ]
    }

    /// What the statements have read.
    struct Facts {
        var books: LedgerBooks
        /// The holds whose leases have ended, in order.
        let expired: [HoldID]
    }

    /// Makes books of the statements' results.
    func facts(_ results: ArraySlice<PostgresResult>, owner: String) throws -> Facts {
        let results = Array(results)
        guard results.count == statements.count else { throw PostgresError.unexpectedType(column: 0) }
        var books = LedgerBooks(try seen.head(results[0]), owner: owner)
        for row in results[1].rows { books.raises.append(try BudgetRaise(row)) }
        _ = try note(results[2].rows, in: &books)
        let expired = try note(results[3].rows, in: &books)
        for row in results[4].rows { try noteKnown(row, in: &books) }
        for model in models { books.breaches[model] = [] }
        for row in results[5].rows {
            let model = ModelID(provider: try row.get(0), region: try row.get(1), model: try row.get(2))
            books.breaches[model, default: []].append(try Breach(row))
        }
        try counters.note(results[6].rows, in: &books.counters)
        books.allLimits = try Self.limits(results[7].rows, knownLimits)
        return Facts(books: books, expired: expired)
    }

    /// A row for each line of each hold; the holds in the rows' order.
    private func note(_ rows: [PostgresRow], in books: inout LedgerBooks) throws(PostgresError) -> [HoldID] {
        let calls = Dictionary(ends.map { ($0.call.key, $0.call.id) }) { first, _ in first }
        var order: [HoldID] = []
        var lines: [HoldID: [CounterKey]] = [:]
        for row in rows {
            let id = HoldID(number: try row.get(0))
            if lines[id] == nil { order.append(id) }
            if let budget: String = try row.get(3) {
                lines[id, default: []].append(CounterKey(name: BudgetLine.Name(budget), startMS: try row.get(4)))
            }
            books.note(
                LedgerBooks.Hold(
                    owner: try row.get(5), call: calls[try row.get(6)], bound: Money(nanoUSD: try row.get(1)),
                    isOrphan: try row.get(2), lines: lines[id, default: []]), id)
            if lines[id] == nil { lines[id] = [] }
        }
        return order
    }

    private func noteKnown(_ row: PostgresRow, in books: inout LedgerBooks) throws(PostgresError) {
        // Counted from 1.
        let number: Int = try row.get(0)
        guard calls.indices.contains(number - 1) else { throw .unexpectedType(column: 0) }
        let call = calls[number - 1].call.id
        if let cost: Int64 = try row.get(2) {
            let body: Data? = try row.get(3)
            let known: LedgerBooks.Known =
                try body.map { body throws(PostgresError) in
                    .settled(try Settlement(row, cost: cost, response: body))
                } ?? .forgotten
            books.note(known, of: call)
        } else {
            // Orphans are not read, and of its own holds an owner knows without reading.
            books.note(.held(HoldID(number: try row.get(1)), isOrphan: false, isOwn: false), of: call)
        }
    }
}

extension LedgerBooks {
    /// Books at a ledger's head.
    init(_ head: LedgerHead, owner: String) {
        self.init(
            owner: owner, clock: head.clock, last: head.now, lastID: head.lastID,
            nextID: Self.firstID(at: head.now, after: head.lastID))
    }

    /// The number of a transaction's first entry: the instant's in front, then a step that nobody can foresee.
    ///
    /// A ledger that falls back to a copy without its last entries gives none of their numbers, and so no hold's, again: it
    /// would have to fall back within the same millisecond, and take the same step. Transactions would have to come faster
    /// than 8 a millisecond for long to run ahead of the time. Below 2^53 until the year 2248, so that readers of JSON keep
    /// every digit.
    private static func firstID(at now: Date, after lastID: Int64) -> Int64 {
        max(lastID, max(0, now.milliseconds) << 10) + Int64.random(in: 1...256)
    }
}

/// Budgets whose counters are read, each from a period on.
struct CounterRange: Sendable {
    /// The starts of the earliest periods that are asked for, by the budgets' names.
    private(set) var startsMS: [BudgetLine.Name: Int64] = [:]

    init() {}

    init(_ lines: [BudgetLine]) {
        for line in lines {
            startsMS[line.name] = min(startsMS[line.name] ?? .max, line.period.start.milliseconds)
        }
    }

    var isEmpty: Bool { startsMS.isEmpty }

    /// What of it another does not have.
    func beyond(_ other: CounterRange) -> CounterRange {
        var rest = CounterRange()
        rest.startsMS = startsMS.filter { name, start in other.startsMS[name].map { $0 > start } ?? true }
        return rest
    }

    /// All counters under the budgets' names whose periods have not ended when the earliest that is asked for begins.
    var statement: PostgresStatement {
        PostgresStatement(
            """
            SELECT counters.budget, period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd
            FROM unnest($1::text[], $2::int8[]) AS line(budget, start_ms)
            JOIN counters ON counters.budget = line.budget AND period_end_ms > start_ms
            """, [.texts(startsMS.keys.map(\.description)), .int8s(startsMS.values.map(\.self))])
    }

    /// Takes note of what ``statement`` has read.
    func note(_ rows: [PostgresRow], in counters: inout CounterBook) throws(PostgresError) {
        for row in rows {
            counters.note(
                CounterBook.Counter(
                    endMS: try row.get(2), spent: Money(nanoUSD: try row.get(3)), held: Money(nanoUSD: try row.get(4))),
                CounterKey(name: BudgetLine.Name(try row.get(0)), startMS: try row.get(1)))
        }
        for (name, startMS) in startsMS { counters.noteAll(of: name, from: startMS) }
    }
}

extension BudgetRaise {
    /// Reads `budget, limit_nano_usd, at_ms, until_ms, reason, kind`.
    init(_ row: PostgresRow) throws(PostgresError) {
        guard let kind = Kind(rawValue: try row.get(5)) else { throw .unexpectedType(column: 5) }
        self.init(
            kind: kind, budget: try row.get(0), limit: Money(nanoUSD: try row.get(1)),
            at: Date(milliseconds: try row.get(2)),
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
    fileprivate init(_ row: PostgresRow, cost: Int64, response: Data) throws(PostgresError) {
        guard let countedBy = UsageSource(rawValue: try row.get(11)) else { throw .unexpectedType(column: 11) }
        self.init(
            cost: Money(nanoUSD: cost),
            model: ModelID(provider: try row.get(4), region: try row.get(5), model: try row.get(6)),
            usage: TokenUsage(
                inputTokens: try row.get(7), outputTokens: try row.get(8), cacheReadTokens: try row.get(9),
                cacheWriteTokens: try row.get(10)),
            countedBy: countedBy, requestID: try row.get(12), response: response)
    }
}

import FoundationEssentials
import FunctionKit
import GRDB
import SQLite
import Spending

/// The ledger's steps within one transaction, all at one instant.
struct LedgerTransaction {
    let database: Database
    let memory: LedgerMemory
    /// The ledger's instant, on a whole millisecond.
    let now: Date
    /// What the clock says, which may be before it.
    let clock: Date
    let ownerID: String
    /// Where owners have their locks; nil where owners cannot be seen and leases decide.
    let owners: OpenFile?
    let lease: Duration
    /// Holds of this owner that nobody will end.
    let abandoned: Set<HoldID>
    /// The `reserve` entries of this owner's open holds, as far as it remembers.
    let reserved: ReservedEntries
    /// The limits that this owner has read.
    let knownLimits: KnownLimits

    /// The clock's instant, or that of the last journal entry, raise or decision where the clock was set back.
    ///
    /// Entries from before a person set the clock right do not count.
    static func instant(_ database: Database, clock: Date, memory: LedgerMemory) throws -> Date {
        let last = try memory.withFacts { facts in
            if let last = facts.last { return last }
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT id, at_ms FROM journal ORDER BY id DESC LIMIT 1"))
            var last = row.map { LedgerMemory.Last(id: $0[0], atMS: $0[1]) } ?? LedgerMemory.Last(id: 0, atMS: .min)
            let setRight = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT at_ms, after_entry FROM decisions WHERE kind = 'clock' ORDER BY id DESC LIMIT 1"))
            if let setRight, last.id <= setRight[1] { last.atMS = setRight[0] }
            for table in ["raises", "decisions"] {
                let atMS = try Int64.fetchOne(
                    database.cachedStatement(sql: "SELECT at_ms FROM \(table) ORDER BY id DESC LIMIT 1"))
                last.atMS = max(last.atMS, atMS ?? .min)
            }
            facts.last = last
            return last
        }
        return Date(milliseconds: max(clock.milliseconds, last.atMS))
    }

    func moment() throws -> LedgerMoment {
        let raises = try memory.withFacts { facts in
            if let raises = facts.raises { return raises }
            let raises = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises
                        WHERE at_ms > ?1 OR id IN (SELECT max(id) FROM raises WHERE at_ms <= ?1 GROUP BY budget)
                        ORDER BY id
                        """),
                arguments: [now.addingTimeInterval(-LedgerMoment.raisesKnown).milliseconds]
            ).map(BudgetRaise.init)
            facts.raises = raises
            return raises
        }
        return LedgerMoment(
            instant: now, raises: raises, allLimits: try allLimits(), lead: now.timeIntervalSince(clock))
    }

    // MARK: - Before the call

    /// What the ledger knows of a call.
    enum Known: Int64 {
        case nothing
        /// A living hold is for it; an owner knows of its own that they live, whatever their leases.
        case inFlight
        /// It was settled, and its response is deleted.
        case forgotten
        /// It was settled, and its response is there.
        case settled
    }

    func known(_ call: CallID) throws -> Known {
        let known = try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT CASE
                        WHEN EXISTS (SELECT 1 FROM responses
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4) THEN 3
                        WHEN EXISTS (SELECT 1 FROM forgotten_calls
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4) THEN 2
                        WHEN EXISTS (SELECT 1 FROM holds
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4
                                AND (is_orphan = 0 OR owner = ?5)) THEN 1
                        ELSE 0 END
                    """), arguments: call.arguments + [ownerID])
        return known.flatMap(Known.init) ?? .nothing
    }

    func settlement(of call: CallID) throws -> Settlement? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT cost_nano_usd, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, body,
                        counted_by, request_id, provider, region, model FROM responses
                    WHERE question_id = ? AND function = ? AND ordinal = ? AND digest = ?
                    """), arguments: call.arguments
        ).map { row in
            let provider: String? = row[8]
            return Settlement(
                cost: Money(nanoUSD: row[0]),
                model: provider.map { ModelID(provider: $0, region: row[9], model: row[10]) },
                usage: TokenUsage(
                    inputTokens: row[1], outputTokens: row[2], cacheReadTokens: row[3], cacheWriteTokens: row[4]),
                // Before it was noted, only counts of the service were stored as such.
                countedBy: (row[6] as String?).flatMap(UsageSource.init) ?? .body, requestID: row[7],
                response: row[5])
        }
    }

    func breaches(of model: ModelID) throws -> [Breach] {
        try memory.withFacts { facts in
            if let breaches = facts.breaches[model] { return breaches }
            let breaches = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT input_bytes, messages, output_tokens_max, input_tokens, output_tokens,
                            cache_read_tokens, cache_write_tokens FROM breaches
                        WHERE provider = ? AND region = ? AND model = ? AND accepted_by IS NULL
                        """), arguments: [model.provider, model.region, model.model]
            ).map {
                Breach(
                    inputBytes: $0[0], messages: $0[1], outputTokensMax: $0[2],
                    usage: TokenUsage(
                        inputTokens: $0[3], outputTokens: $0[4], cacheReadTokens: $0[5], cacheWriteTokens: $0[6]))
            }
            facts.breaches[model] = breaches
            return breaches
        }
    }

    func counter(_ line: BudgetLine) throws -> LedgerCounter {
        let window = LedgerMemory.Window(line.period)
        if let (spent, held) = memory.withFacts({ $0.counters[line.budget]?[window] }) {
            return LedgerCounter(line: line, spent: Money(nanoUSD: spent), held: Money(nanoUSD: held))
        }
        try memory.write(to: database)
        let (spent, held) = try memory.withFacts { facts -> (Int64, Int64) in
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT sum(spent_nano_usd), sum(held_nano_usd) FROM counters
                        WHERE budget = ? AND period_end_ms > ? AND period_start_ms < ?
                        """),
                arguments: [line.budget, window.startMS, window.endMS])
            let counter: (Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0)
            facts.counters[line.budget, default: [:]][window] = counter
            return counter
        }
        return LedgerCounter(line: line, spent: Money(nanoUSD: spent), held: Money(nanoUSD: held))
    }

    /// Holds a call's bound and gives the journal's entry.
    func hold(_ call: PaidCall, terms: HoldTerms, bound: Money) throws -> JournalEntry {
        let id = nextEntryID()
        let holdID = HoldID(number: id)
        let entry = JournalEntry(
            id: id, at: now, kind: .reserve, holdID: holdID.description, reservedAt: now, call: call.id,
            model: call.model, tenant: call.tenant, rates: terms.price.rates, spent: .zero, held: bound,
            lines: terms.lines.map {
                JournalEntry.Line(budget: $0.budget, periodStart: $0.period.start, limit: $0.limit)
            })
        for line in terms.lines {
            let window = LedgerMemory.Window(line.period)
            try database.run(
                "INSERT INTO hold_budgets (hold_id, budget, period_start_ms, limit_nano_usd) VALUES (?, ?, ?, ?)",
                [id, line.budget, window.startMS, line.limit.nanoUSD])
            memory.withFacts { facts in
                let known = facts.changes[line.budget]?[window.startMS]?.endMS ?? .min
                facts.changes[line.budget, default: [:]][window.startMS, default: LedgerMemory.Change()].endMS =
                    max(known, window.endMS)
            }
        }
        try append(entry, hold: holdID)
        try database.run(
            """
            INSERT INTO holds (hold_id, mark, question_id, function, ordinal, digest, owner, lease_until_ms,
                bound_nano_usd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id, holdID.mark, call.id.questionID, call.id.function, call.id.ordinal, call.id.digest, ownerID,
                leaseUntilMS,
                bound.nanoUSD,
            ])
        return entry
    }

    var leaseUntilMS: Int64 { now.milliseconds + Int64(lease / .milliseconds(1)) }

    // MARK: - The journal

    /// Journals and counts what a hold's end, or its charge as an orphan, changes.
    ///
    /// A settlement must not be stored yet.
    func journal(
        _ kind: JournalEntry.Kind, of hold: Int64, spent: Int64, held: Int64, settlement: DigestedSettlement? = nil
    ) throws {
        guard var entry = try reserved[hold] ?? JournalReader.entries(after: hold - 1, atMost: 1, database).first,
            let holdID = HoldID(entry.holdID)
        else { throw GovernorError.unknownHold }
        entry.id = nextEntryID()
        entry.at = now
        entry.kind = kind
        entry.usage = settlement?.settlement.usage
        entry.countedBy = settlement?.settlement.countedBy
        entry.requestID = settlement?.settlement.requestID
        entry.responseDigest = settlement?.responseDigest
        entry.spent = Money(nanoUSD: spent)
        entry.held = Money(nanoUSD: held)
        try append(entry, hold: holdID)
    }

    /// The next journal entry's number, which is written at the ledger's instant.
    private func nextEntryID() -> Int64 {
        memory.withFacts { facts in
            // Read with the ledger's instant, before all else.
            let id = (facts.last?.id ?? 0) + 1
            facts.last = LedgerMemory.Last(id: id, atMS: now.milliseconds)
            return id
        }
    }

    private func append(_ entry: JournalEntry, hold: HoldID) throws {
        let (rates, usage) = (entry.rates, entry.usage)
        try database.run(
            """
            INSERT INTO journal (id, at_ms, kind, hold_id, reserved_ms, question_id, function, ordinal, digest,
                provider, region, model, tenant, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token,
                cache_read_nano_usd_per_token, cache_write_nano_usd_per_token, input_tokens, output_tokens,
                cache_read_tokens, cache_write_tokens, counted_by, request_id, response_sha256, spent_nano_usd,
                held_nano_usd, hold_mark)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.id, entry.at.milliseconds, entry.kind.rawValue, hold.number, entry.reservedAt.milliseconds,
                entry.call.questionID, entry.call.function, entry.call.ordinal, entry.call.digest,
                entry.model.provider, entry.model.region, entry.model.model, entry.tenant,
                // Entries from before rates were kept say no more than that.
                rates?.from.milliseconds ?? 0, rates?.inputNanoUSDPerToken, rates?.outputNanoUSDPerToken,
                rates?.cacheReadNanoUSDPerToken, rates?.cacheWriteNanoUSDPerToken, usage?.inputTokens,
                usage?.outputTokens, usage?.cacheReadTokens, usage?.cacheWriteTokens, entry.countedBy?.rawValue,
                entry.requestID, entry.responseDigest, entry.spent.nanoUSD, entry.held.nanoUSD, hold.mark,
            ])
        guard entry.spent != .zero || entry.held != .zero else { return }
        for line in entry.lines { count(entry, in: line) }
    }

    private func count(_ entry: JournalEntry, in line: JournalEntry.Line) {
        let startMS = line.periodStart.milliseconds
        memory.withFacts { facts in
            var change = facts.changes[line.budget]?[startMS] ?? LedgerMemory.Change()
            change.spent += entry.spent.nanoUSD
            change.held += entry.held.nanoUSD
            facts.changes[line.budget, default: [:]][startMS] = change
            // What was not read is read when it is needed; so is a period of another rule, which may overlap.
            for (window, counter) in facts.counters[line.budget] ?? [:] {
                facts.counters[line.budget]?[window] =
                    window.startMS == startMS
                    ? (counter.spent + entry.spent.nanoUSD, counter.held + entry.held.nanoUSD) : nil
            }
        }
    }
}

extension CallID {
    var arguments: StatementArguments { [questionID, function, ordinal, digest] }
}

extension Database {
    /// Runs one statement that is compiled once.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Date {
    /// Whole milliseconds since 1970, rounded down.
    var milliseconds: Int64 {
        // A hundredth makes up for the binary fraction, so that an instant read from the ledger is written back as it
        // was. The clamp is some 30,000 years wide.
        Int64(max(-1e15, min(1e15, (timeIntervalSince1970 * 1000 + 0.01).rounded(.down))))
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

import FoundationEssentials
import FunctionKit
import GRDB
import SQLite
import Spending

/// What the steps read.
extension LedgerTransaction {
    /// The number of the journal's last entry, 0 before the first, and the instant of the last entry, raise or decision.
    ///
    /// Entries from before a person set the clock right do not count.
    static func last(_ database: Database) throws -> (id: Int64, instant: Date) {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT id, at_ms FROM journal ORDER BY id DESC LIMIT 1"))
        var (id, atMS): (Int64, Int64) = row.map { ($0[0], $0[1]) } ?? (0, .min)
        let setRight = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT at_ms, after_entry FROM decisions WHERE kind = 'clock' ORDER BY id DESC LIMIT 1"))
        if let setRight, id <= setRight[1] { atMS = setRight[0] }
        for table in ["raises", "decisions"] {
            let decidedMS = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT at_ms FROM \(table) ORDER BY id DESC LIMIT 1"))
            atMS = max(atMS, decidedMS ?? .min)
        }
        return (id, Date(milliseconds: atMS))
    }

    /// The ledger's instant, and what is in force.
    mutating func readMoment() throws -> LedgerMoment {
        if !facts.areRaisesRead {
            books.raises = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises
                        WHERE at_ms > ?1 OR id IN (SELECT max(id) FROM raises WHERE at_ms <= ?1 GROUP BY budget)
                        ORDER BY id
                        """),
                arguments: [now.addingTimeInterval(-LedgerMoment.raisesKnown).milliseconds]
            ).map(BudgetRaise.init)
            facts.areRaisesRead = true
        }
        try readLimits()
        return books.moment
    }

    /// All limits that were ever in force.
    mutating func readLimits() throws {
        guard !facts.areLimitsRead else { return }
        let head = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT id, subject FROM decisions WHERE kind = 'limits' ORDER BY id DESC LIMIT 1"))
        books.allLimits = try owner.knownLimits.limits(
            upTo: head.map { KnownLimits.Head(id: $0[0], digest: $0[1]) }
        ) {
            try Row.fetchAll(
                database,
                sql: "SELECT subject, content, at_ms, brought_by FROM decisions WHERE kind = 'limits' ORDER BY id"
            ).map {
                try LedgerLimits(digest: $0[0], content: $0[1], at: Date(milliseconds: $0[2]), broughtBy: $0[3])
            }
        }
        facts.areLimitsRead = true
    }

    mutating func readKnown(_ call: CallID) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM responses
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4),
                        EXISTS (SELECT 1 FROM forgotten_calls
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4),
                        hold_id, mark, is_orphan, owner
                    FROM (SELECT 1) LEFT JOIN holds
                        ON question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4
                    """), arguments: call.arguments)
        for row in rows {
            if row[0], let settlement = try settlement(of: call) { return books.note(.settled(settlement), of: call) }
            if row[1] { return books.note(.forgotten, of: call) }
            guard let number: Int64 = row[2] else { continue }
            books.note(
                .held(HoldID(number: number, mark: row[3]), isOrphan: row[4], isOwn: row[5] == owner.id), of: call)
        }
    }

    private func settlement(of call: CallID) throws -> Settlement? {
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

    mutating func readBreaches(of model: ModelID) throws {
        guard books.breaches[model] == nil else { return }
        books.breaches[model] = try Row.fetchAll(
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
    }

    mutating func readCounters(of line: BudgetLine) throws {
        guard !books.counters.hasAll(of: line) else { return }
        let (startMS, endMS) = (line.period.start.milliseconds, line.period.end.milliseconds)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT period_start_ms, period_end_ms, spent_nano_usd, held_nano_usd FROM counters
                    WHERE budget = ? AND period_end_ms > ? AND period_start_ms < ?
                    """),
            arguments: [line.name.description, startMS, endMS])
        while let row = try rows.next() {
            books.counters.note(
                CounterBook.Counter(endMS: row[1], spent: Money(nanoUSD: row[2]), held: Money(nanoUSD: row[3])),
                CounterKey(name: line.name, startMS: row[0]))
        }
        books.counters.noteAll(of: line.name, from: startMS, to: endMS)
    }

    mutating func counter(_ line: BudgetLine) throws -> LedgerCounter {
        try readCounters(of: line)
        return books.counters.counter(line)
    }

    // MARK: - Holds

    /// Reads a hold of this owner that may end; nothing where it has ended, or is another's.
    mutating func readHold(_ id: HoldID, of call: CallID?) throws {
        // Most holds are known without being read, with whose they are: marks do not come twice. So their rows are taken out
        // at once; `DELETE ... RETURNING` goes through a temporary table and takes twice as long.
        if let entry = owner.reserved[id], call ?? entry.call == entry.call {
            try database.run(
                "DELETE FROM holds WHERE hold_id = ? AND mark IS ? AND is_orphan = 0", [id.number, id.mark])
            if database.changesCount == 1 {
                takenOut.insert(id)
                return note(id, entry, owner: owner.id, call: entry.call, bound: entry.held, isOrphan: false)
            }
        }
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT bound_nano_usd, is_orphan, question_id, function, ordinal, digest FROM holds
                    WHERE hold_id = ? AND mark IS ? AND owner = ?
                    """),
            arguments: [id.number, id.mark, owner.id])
        guard let row else { return }
        let held = CallID(questionID: row[2], function: row[3], ordinal: row[4], digest: row[5])
        note(
            id, try reserveEntry(id), owner: owner.id, call: held, bound: Money(nanoUSD: row[0]), isOrphan: row[1])
    }

    /// The open holds whose leases have ended.
    mutating func readExpiredHolds() throws -> [HoldID] {
        try readHolds("lease_until_ms <= ?", [now.milliseconds])
    }

    /// The open holds whose owners' processes have ended.
    mutating func readHoldsOfTheDead(_ owners: OpenFile) throws -> [HoldID] {
        var holds: [HoldID] = []
        // From one owner to the next by the index, so that the own holds are not walked through.
        var last = ""
        while let next = try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT owner FROM holds WHERE is_orphan = 0 AND owner > ? ORDER BY owner LIMIT 1"),
            arguments: [last])
        {
            last = next
            if next != owner.id, !owners.isAlive(next) { holds += try readHolds("owner = ?", [next]) }
        }
        return holds
    }

    private mutating func readHolds(_ condition: String, _ arguments: StatementArguments) throws -> [HoldID] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT hold_id, mark, bound_nano_usd, owner FROM holds WHERE is_orphan = 0 AND \(condition)"),
            arguments: arguments)
        return try rows.map { row in
            let id = HoldID(number: row[0], mark: row[1])
            note(
                id, try reserveEntry(id), owner: row[3], call: nil, bound: Money(nanoUSD: row[2]), isOrphan: false)
            return id
        }
    }

    private func reserveEntry(_ id: HoldID) throws -> JournalEntry {
        guard
            let entry = try owner.reserved[id]
                ?? JournalReader.entries(after: id.number - 1, atMost: 1, database).first
        else { throw GovernorError.unknownHold }
        return entry
    }

    private mutating func note(
        _ id: HoldID, _ entry: JournalEntry, owner: String, call: CallID?, bound: Money, isOrphan: Bool
    ) {
        entries[id] = entry
        books.note(
            LedgerBooks.Hold(
                owner: owner, call: call, bound: bound, isOrphan: isOrphan, lines: entry.lines.map(CounterKey.init)),
            id)
    }
}

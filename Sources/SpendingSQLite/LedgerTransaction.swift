import FoundationEssentials
import FunctionKit
import GRDB
import SQLite
import Spending

/// The ledger's steps within one transaction, all at one instant.
struct LedgerTransaction {
    let database: Database
    /// The transaction's number.
    let number: UInt64
    let memory: LedgerMemory
    /// The ledger's instant, on a whole millisecond.
    let now: Date
    let ownerID: String
    /// Where owners' locks lie; nil where owners cannot be seen and leases decide.
    let ownersFolder: String?
    let lease: Duration
    /// Holds of this owner that nobody will end.
    let abandoned: Set<Int64>

    /// The clock's instant, or that of the last journal entry where the clock was set back.
    static func instant(
        _ database: Database, clock: Date, number: UInt64, memory: LedgerMemory
    ) throws -> Date {
        let last = try memory.facts(of: number) { facts in
            if let last = facts.last { return last }
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT id, at_ms FROM journal ORDER BY id DESC LIMIT 1"))
            let last = row.map { LedgerMemory.Last(id: $0[0], atMS: $0[1]) } ?? LedgerMemory.Last(id: 0, atMS: .min)
            facts.last = last
            return last
        }
        return Date(milliseconds: max(clock.milliseconds, last.atMS))
    }

    func moment() throws -> LedgerMoment {
        let raises = try memory.facts(of: number) { facts in
            if let raises = facts.raises { return raises }
            let raises = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT budget, limit_nano_usd, at_ms, until_ms, reason FROM raises WHERE until_ms > ?
                        ORDER BY id
                        """),
                arguments: [now.milliseconds]
            ).map(BudgetRaise.init)
            facts.raises = raises
            return raises
        }
        return LedgerMoment(instant: now, raises: raises.filter { $0.until > now })
    }

    // MARK: - Before the call

    /// Whether the call has a stored settlement, and a hold that is no orphan.
    func known(_ call: CallID) throws -> (isSettled: Bool, isInFlight: Bool) {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM responses
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4),
                        EXISTS (SELECT 1 FROM holds
                            WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4
                                AND is_orphan = 0)
                    """), arguments: call.arguments)
        return (row?[0] ?? false, row?[1] ?? false)
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
        try memory.facts(of: number) { facts in
            if let breaches = facts.breaches[model] { return breaches }
            let breaches = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT input_bytes, messages, output_tokens_max, input_tokens, output_tokens,
                            cache_read_tokens, cache_write_tokens FROM breaches
                        WHERE provider = ? AND region = ? AND model = ?
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
        let key = LedgerMemory.Line(budget: line.budget, periodStartMS: line.period.start.milliseconds)
        let (spent, held) = try memory.facts(of: number) { facts -> (Int64, Int64) in
            if let counter = facts.counters[key] { return counter }
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT spent_nano_usd, held_nano_usd FROM counters WHERE budget = ? AND period_start_ms = ?
                        """),
                arguments: [key.budget, key.periodStartMS])
            let counter: (Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0)
            facts.counters[key] = counter
            return counter
        }
        return LedgerCounter(line: line, spent: Money(nanoUSD: spent), held: Money(nanoUSD: held))
    }

    func hold(_ call: PaidCall, terms: HoldTerms, bound: Money) throws -> Int64 {
        let nowMS = now.milliseconds
        let holdID = nextEntryID()
        try database.run(
            """
            INSERT INTO journal (id, at_ms, kind, hold_id, reserved_ms, question_id, function, ordinal, digest,
                provider, region, model, tenant, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token,
                spent_nano_usd, held_nano_usd)
            VALUES (?, ?, 'reserve', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
            """,
            [
                holdID, nowMS, holdID, nowMS, call.id.questionID, call.id.function, call.id.ordinal, call.id.digest,
                call.model.provider, call.model.region, call.model.model, call.tenant,
                terms.price.from.milliseconds, terms.price.inputNanoUSDPerToken,
                terms.price.outputNanoUSDPerToken, bound.nanoUSD,
            ])
        for line in terms.lines {
            let start = line.period.start.milliseconds
            try database.run(
                "INSERT INTO hold_budgets (hold_id, budget, period_start_ms, limit_nano_usd) VALUES (?, ?, ?, ?)",
                [holdID, line.budget, start, line.limit.nanoUSD])
            try database.run(
                """
                INSERT INTO counters (budget, period_start_ms, spent_nano_usd, held_nano_usd) VALUES (?, ?, 0, ?)
                ON CONFLICT DO UPDATE SET held_nano_usd = held_nano_usd + excluded.held_nano_usd
                """, [line.budget, start, bound.nanoUSD])
            memory.facts(of: number) { facts in
                let key = LedgerMemory.Line(budget: line.budget, periodStartMS: start)
                // Read before it was decided; where it was not, it is read again.
                if let counter = facts.counters[key] {
                    facts.counters[key] = (counter.spent, counter.held + bound.nanoUSD)
                }
            }
        }
        try database.run(
            """
            INSERT INTO holds (hold_id, question_id, function, ordinal, digest, owner, lease_until_ms, bound_nano_usd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                holdID, call.id.questionID, call.id.function, call.id.ordinal, call.id.digest, ownerID, leaseUntilMS,
                bound.nanoUSD,
            ])
        return holdID
    }

    // MARK: - After the call

    func settle(_ holdID: Int64, of call: PaidCall, settlement: Settlement) throws {
        let hold = try openOrOrphan(holdID)
        let usage = settlement.usage
        try end(hold, kind: .settle, cost: settlement.cost.nanoUSD, settlement: settlement)
        // A second attempt may have been answered first; its response is what redeliveries were given.
        try database.run(
            """
            INSERT INTO responses (question_id, function, ordinal, digest, stored_ms, input_tokens, output_tokens,
                cache_read_tokens, cache_write_tokens, cost_nano_usd, body, counted_by, request_id, provider, region,
                model)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            call.id.arguments + [
                now.milliseconds, usage.inputTokens, usage.outputTokens, usage.cacheReadTokens,
                usage.cacheWriteTokens, settlement.cost.nanoUSD, settlement.response,
                settlement.countedBy.rawValue, settlement.requestID, settlement.model?.provider,
                settlement.model?.region, settlement.model?.model,
            ])
        guard settlement.cost.nanoUSD > hold.bound else { return }
        try journal(.breach, of: holdID, spent: 0, held: 0, settlement: settlement)
        try database.run(
            """
            INSERT INTO breaches (hold_id, provider, region, model, input_bytes, messages, output_tokens_max,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                holdID, call.model.provider, call.model.region, call.model.model, call.inputBytes, call.messages,
                call.outputTokensMax, usage.inputTokens, usage.outputTokens, usage.cacheReadTokens,
                usage.cacheWriteTokens,
            ])
        memory.facts(of: number) { $0.breaches[call.model] = nil }
    }

    func chargeInFull(_ holdID: Int64) throws {
        let hold = try openOrOrphan(holdID)
        if hold.isOrphan {
            // Charged in full already, and now for good.
            try database.run("DELETE FROM holds WHERE hold_id = ?", [holdID])
        } else {
            try end(hold, kind: .charge, cost: hold.bound)
        }
    }

    func release(_ holdID: Int64) throws {
        try end(openOrOrphan(holdID), kind: .release, cost: 0)
    }

    // MARK: - Instead of the owner

    func renewLeases() throws {
        try database.run(
            "UPDATE holds SET lease_until_ms = ? WHERE owner = ? AND is_orphan = 0", [leaseUntilMS, ownerID])
    }

    /// Charges the holds that were dropped.
    ///
    /// Nobody can correct them any more.
    func chargeAbandoned() throws {
        for holdID in abandoned.sorted() {
            // One that was settled or swept before is no longer there.
            guard let hold = try hold(holdID) else { continue }
            if hold.isOrphan {
                try database.run("DELETE FROM holds WHERE hold_id = ?", [holdID])
            } else {
                try end(hold, kind: .orphan, cost: hold.bound)
            }
        }
    }

    /// Charges the holds whose owners are gone.
    func chargeOrphans() throws {
        guard !memory.facts(of: number, { $0.isSwept }) else { return }
        try sweep()
        memory.facts(of: number) { $0.isSwept = true }
    }

    private func sweep() throws {
        guard let ownersFolder else {
            // The owner may be alive after all: the hold is kept, so that the owner can correct the charge once.
            let ended = try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT hold_id FROM holds WHERE is_orphan = 0 AND lease_until_ms <= ?"),
                arguments: [now.milliseconds])
            for holdID in ended {
                guard let hold = try hold(holdID) else { continue }
                try journal(.orphan, of: holdID, spent: hold.bound, held: -hold.bound)
                try count(holdID, spent: hold.bound, held: -hold.bound)
                try database.run("UPDATE holds SET is_orphan = 1 WHERE hold_id = ?", [holdID])
            }
            return
        }
        let owners = try String.fetchAll(
            database.cachedStatement(sql: "SELECT DISTINCT owner FROM holds WHERE is_orphan = 0 AND owner <> ?"),
            arguments: [ownerID])
        for owner in owners where !OwnerLock.isAlive(owner, folder: ownersFolder) {
            let holds = try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT hold_id FROM holds WHERE is_orphan = 0 AND owner = ?"),
                arguments: [owner])
            for holdID in holds {
                guard let hold = try hold(holdID) else { continue }
                try end(hold, kind: .orphan, cost: hold.bound)
            }
        }
    }
}

extension LedgerTransaction {
    private struct Hold {
        let id: Int64
        let bound: Int64
        let isOrphan: Bool
    }

    private var leaseUntilMS: Int64 { now.milliseconds + Int64(lease / .milliseconds(1)) }

    private func hold(_ holdID: Int64) throws -> Hold? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT bound_nano_usd, is_orphan FROM holds WHERE hold_id = ?"),
            arguments: [holdID]
        ).map { Hold(id: holdID, bound: $0[0], isOrphan: $0[1]) }
    }

    private func openOrOrphan(_ holdID: Int64) throws -> Hold {
        guard let hold = try hold(holdID) else { throw GovernorError.unknownHold }
        return hold
    }

    /// Journals and counts the end of a hold.
    ///
    /// An orphan was charged before: its charge becomes the cost.
    private func end(_ hold: Hold, kind: JournalEntry.Kind, cost: Int64, settlement: Settlement? = nil) throws {
        let spent = hold.isOrphan ? cost - hold.bound : cost
        let held = hold.isOrphan ? 0 : -hold.bound
        try journal(kind, of: hold.id, spent: spent, held: held, settlement: settlement)
        try count(hold.id, spent: spent, held: held)
        try database.run("DELETE FROM holds WHERE hold_id = ?", [hold.id])
    }

    private func journal(
        _ kind: JournalEntry.Kind, of holdID: Int64, spent: Int64, held: Int64, settlement: Settlement? = nil
    ) throws {
        try database.run(
            """
            INSERT INTO journal (id, at_ms, kind, hold_id, reserved_ms, question_id, function, ordinal, digest,
                provider, region, model, tenant, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, counted_by, request_id,
                response_sha256, spent_nano_usd, held_nano_usd)
            SELECT ?, ?, ?, id, reserved_ms, question_id, function, ordinal, digest, provider, region, model, tenant,
                price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token, ?, ?, ?, ?, ?, ?, ?, ?, ?
            FROM journal WHERE id = ?
            """,
            [
                nextEntryID(), now.milliseconds, kind.rawValue, settlement?.usage.inputTokens,
                settlement?.usage.outputTokens,
                settlement?.usage.cacheReadTokens, settlement?.usage.cacheWriteTokens,
                settlement?.countedBy.rawValue, settlement?.requestID,
                kind == .settle ? settlement?.responseDigest : nil, spent, held, holdID,
            ])
    }

    private func count(_ holdID: Int64, spent: Int64, held: Int64) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    UPDATE counters SET spent_nano_usd = spent_nano_usd + ?, held_nano_usd = held_nano_usd + ?
                    WHERE (budget, period_start_ms)
                        IN (SELECT budget, period_start_ms FROM hold_budgets WHERE hold_id = ?)
                    RETURNING budget, period_start_ms, spent_nano_usd, held_nano_usd
                    """), arguments: [spent, held, holdID])
        memory.facts(of: number) { facts in
            for row in rows {
                facts.counters[LedgerMemory.Line(budget: row[0], periodStartMS: row[1])] = (row[2], row[3])
            }
        }
    }

    /// The next journal entry's number, which is written at the ledger's instant.
    private func nextEntryID() -> Int64 {
        memory.facts(of: number) { facts in
            // Read with the ledger's instant, before all else.
            let id = (facts.last?.id ?? 0) + 1
            facts.last = LedgerMemory.Last(id: id, atMS: now.milliseconds)
            return id
        }
    }
}

extension CallID {
    fileprivate var arguments: StatementArguments { [questionID, function, ordinal, digest] }
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

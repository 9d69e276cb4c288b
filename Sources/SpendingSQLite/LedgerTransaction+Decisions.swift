import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// What people decide.
extension LedgerTransaction {
    /// All limits that were ever in force, oldest first.
    func allLimits() throws -> [LedgerLimits] {
        try memory.withFacts { facts in
            if let limits = facts.limits { return limits }
            let head = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT id, subject FROM decisions WHERE kind = 'limits' ORDER BY id DESC LIMIT 1"))
            let limits = try knownLimits.limits(upTo: head.map { KnownLimits.Head(id: $0[0], digest: $0[1]) }) {
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT subject, content, at_ms, brought_by FROM decisions WHERE kind = 'limits' ORDER BY id
                        """
                ).map {
                    try LedgerLimits(
                        digest: $0[0], content: $0[1], at: Date(milliseconds: $0[2]), broughtBy: $0[3])
                }
            }
            facts.limits = limits
            return limits
        }
    }

    func offer(_ set: BudgetSet, by name: String) throws -> LimitsOffer {
        let known = try allLimits()
        if let last = known.last, known.contains(where: { $0.set == set }) {
            return last.set == set ? .inForce(last) : .stale(last)
        }
        _ = try note(.limits(set), by: name, reason: LimitsOffer.reason)
        return .applied(LedgerLimits(set: set, at: now, broughtBy: name), before: known.last)
    }

    func decide(_ request: DecisionRequest, by name: String, reason: String) throws -> LedgerDecision {
        switch request {
        case .limits(let set):
            guard try allLimits().last?.set != set else { throw GovernorError.limitsInForce }
            return try note(.limits(set), by: name, reason: reason)
        case .clock:
            guard now.timeIntervalSince(clock) > LedgerMoment.leadMax else { throw GovernorError.clockNotAhead }
            return try setBack(by: name, reason: reason)
        case .breach(let model):
            return try accept(model, by: name, reason: reason)
        }
    }

    private func accept(_ model: ModelID, by name: String, reason: String) throws -> LedgerDecision {
        let holds = try DecisionReader.breaches(database).filter { $0.model == model && !$0.isAccepted }.map(\.holdID)
        guard !holds.isEmpty else { throw GovernorError.noBreach(of: model) }
        let decision = try note(.breach(model, holds: holds), by: name, reason: reason)
        try database.run(
            """
            UPDATE breaches SET accepted_by = (SELECT max(id) FROM decisions)
            WHERE provider = ? AND region = ? AND model = ? AND accepted_by IS NULL
            """, [model.provider, model.region, model.model])
        memory.withFacts { $0.breaches[model] = nil }
        return decision
    }

    /// Goes on at the clock's instant: nothing waits for the one that is left any more.
    private func setBack(by name: String, reason: String) throws -> LedgerDecision {
        let raises = try Row.fetchAll(
            database, sql: "SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises ORDER BY id"
        ).map(BudgetRaise.init)
        let atMS = clock.milliseconds
        for raise in raises.restated(at: clock) {
            try database.run(
                "INSERT INTO raises (at_ms, kind, budget, limit_nano_usd, until_ms, reason) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    atMS, raise.kind.rawValue, raise.budget, raise.limit.nanoUSD, raise.until.milliseconds,
                    raise.reason,
                ])
        }
        // Those who live renew their leases from now on.
        try database.run(
            "UPDATE holds SET lease_until_ms = ?1 + max(0, lease_until_ms - ?2) WHERE lease_until_ms > ?1",
            [atMS, now.milliseconds])
        try database.run("UPDATE responses SET stored_ms = ?1 WHERE stored_ms > ?1", [atMS])
        try database.run("UPDATE alerts SET claimed_until_ms = ?1 WHERE claimed_until_ms > ?1", [atMS])
        let decision = try note(.clock(leaving: now), at: clock, by: name, reason: reason)
        memory.withFacts { facts in
            facts.raises = nil
            // Read anew by the next of this transaction.
            facts.last = nil
        }
        return decision
    }

    private func note(
        _ matter: LedgerDecision.Matter, at instant: Date? = nil, by name: String, reason: String
    ) throws -> LedgerDecision {
        let row = DecisionRow(matter)
        // Read with the ledger's instant, before all else.
        let last = memory.withFacts { $0.last?.id ?? 0 }
        let decision = LedgerDecision(
            matter: matter, at: instant ?? now, by: name, reason: reason, afterEntry: last)
        try database.run(
            """
            INSERT INTO decisions (at_ms, kind, subject, content, brought_by, reason, after_entry)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [decision.at.milliseconds, row.kind, row.subject, row.content, name, reason, last])
        memory.withFacts { facts in
            facts.limits = nil
            facts.last?.atMS = decision.at.milliseconds
        }
        return decision
    }
}

/// Reads decisions and breaches back as values.
enum DecisionReader {
    static func decisions(_ database: Database) throws -> [LedgerDecision] {
        try Row.fetchAll(
            database,
            sql: "SELECT kind, subject, content, at_ms, brought_by, reason, after_entry FROM decisions ORDER BY id"
        ).map { row in
            LedgerDecision(
                matter: try DecisionRow(kind: row[0], subject: row[1], content: row[2]).matter(),
                at: Date(milliseconds: row[3]), by: row[4], reason: row[5], afterEntry: row[6])
        }
    }

    static func breaches(_ database: Database) throws -> [JournaledBreach] {
        let settled = try Row.fetchAll(
            database,
            // Both conditions, so that the index of exceptions is enough.
            sql: "SELECT id FROM journal WHERE kind IN ('orphan', 'breach') AND kind = 'breach'"
        ).flatMap { try JournalReader.entries(after: ($0[0] as Int64) - 1, atMost: 1, database) }
        let ends = Dictionary(settled.map { (HoldID($0.holdID)?.number, $0) }) { _, later in later }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT hold_id, provider, region, model, input_bytes, messages, output_tokens_max, input_tokens,
                    output_tokens, cache_read_tokens, cache_write_tokens, accepted_by IS NOT NULL
                FROM breaches ORDER BY hold_id
                """
        ).map { row in
            let number: Int64 = row[0]
            let end = ends[number]
            let reserve = try JournalReader.entries(after: number - 1, atMost: 1, database).first
            return JournaledBreach(
                holdID: reserve?.holdID ?? "\(number)", model: ModelID(provider: row[1], region: row[2], model: row[3]),
                breach: Breach(
                    inputBytes: row[4], messages: row[5], outputTokensMax: row[6],
                    usage: TokenUsage(
                        inputTokens: row[7], outputTokens: row[8], cacheReadTokens: row[9], cacheWriteTokens: row[10])),
                at: end?.at, bound: reserve?.held, cost: end?.cost, isAccepted: row[11])
        }
    }
}

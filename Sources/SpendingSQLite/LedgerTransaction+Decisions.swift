import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// What people decide.
extension LedgerTransaction {
    mutating func offer(_ set: BudgetSet, by name: String) throws -> LimitsOffer {
        try readLimits()
        let (offer, decision) = books.offer(set, by: name)
        if let decision { try note(decision) }
        return offer
    }

    mutating func decide(_ request: DecisionRequest, by name: String, reason: String) throws -> LedgerDecision {
        var open: [HoldID] = []
        switch request {
        case .limits: try readLimits()
        case .breach(let model):
            open = try DecisionReader.breaches(database).filter { $0.model == model && !$0.isAccepted }.map(\.holdID)
        case .clock: break
        }
        let decision = try books.decide(request, openBreaches: open, by: name, reason: reason)
        if case .clock(let left) = decision.matter { try setBack(from: left, to: decision.at) }
        try note(decision)
        if case .breach(let model, _) = decision.matter { try accept(model) }
        return decision
    }

    /// Marks a model's breaches as accepted by the last decision.
    private mutating func accept(_ model: ModelID) throws {
        try database.run(
            """
            UPDATE breaches SET accepted_by = (SELECT max(id) FROM decisions)
            WHERE provider = ? AND region = ? AND model = ? AND accepted_by IS NULL
            """, [model.provider, model.region, model.model])
        books.breaches[model] = nil
    }

    /// Goes on at the clock's instant: nothing waits for the one that is left any more.
    private mutating func setBack(from left: Date, to clock: Date) throws {
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
            [atMS, left.milliseconds])
        try database.run("UPDATE responses SET stored_ms = ?1 WHERE stored_ms > ?1", [atMS])
        try database.run("UPDATE alerts SET claimed_until_ms = ?1 WHERE claimed_until_ms > ?1", [atMS])
        facts.areRaisesRead = false
    }

    private mutating func note(_ decision: LedgerDecision) throws {
        let row = DecisionRow(decision.matter)
        try database.run(
            """
            INSERT INTO decisions (at_ms, kind, subject, content, brought_by, reason, after_entry)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                decision.at.milliseconds, row.kind, row.subject, row.content, decision.by, decision.reason,
                decision.afterEntry,
            ])
        facts.areLimitsRead = false
        books.turned(to: decision.at)
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
        let ends = Dictionary(settled.map { ($0.holdID.number, $0) }) { _, later in later }
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
                holdID: reserve?.holdID ?? HoldID(number: number),
                model: ModelID(provider: row[1], region: row[2], model: row[3]),
                breach: Breach(
                    inputBytes: row[4], messages: row[5], outputTokensMax: row[6],
                    usage: TokenUsage(
                        inputTokens: row[7], outputTokens: row[8], cacheReadTokens: row[9], cacheWriteTokens: row[10])),
                at: end?.at, bound: reserve?.held, cost: end?.cost, isAccepted: row[11])
        }
    }
}

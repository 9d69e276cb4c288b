import FoundationEssentials
import FunctionKit
import GRDB
import SQLite
import Spending

/// A settlement with its response's digest, which is made before the transaction.
struct DigestedSettlement: Sendable {
    let settlement: Settlement
    let responseDigest: String

    init(_ settlement: Settlement) {
        self.settlement = settlement
        responseDigest = settlement.responseDigest
    }
}

/// How holds end.
extension LedgerTransaction {
    private struct Hold {
        let id: Int64
        let bound: Int64
        let isOrphan: Bool
    }

    // MARK: - By their owner

    func settle(_ holdID: HoldID, of call: PaidCall, settlement digested: DigestedSettlement) throws {
        let hold = try takeOrThrow(holdID, of: call.id)
        let settlement = digested.settlement
        let usage = settlement.usage
        try end(hold, kind: .settle, cost: settlement.cost.nanoUSD, settlement: digested)
        // A second attempt may have been answered first; its response is what redeliveries were given, also where it is
        // forgotten by now.
        try database.run(
            """
            INSERT INTO responses (question_id, function, ordinal, digest, stored_ms, input_tokens, output_tokens,
                cache_read_tokens, cache_write_tokens, cost_nano_usd, body, counted_by, request_id, provider, region,
                model)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16
            WHERE NOT EXISTS (SELECT 1 FROM forgotten_calls
                WHERE question_id = ?1 AND function = ?2 AND ordinal = ?3 AND digest = ?4)
            ON CONFLICT DO NOTHING
            """,
            [
                call.id.questionID, call.id.function, call.id.ordinal, call.id.digest, now.milliseconds,
                usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens,
                settlement.cost.nanoUSD, settlement.response, settlement.countedBy.rawValue, settlement.requestID,
                settlement.model?.provider, settlement.model?.region, settlement.model?.model,
            ])
        guard settlement.isBreach(of: call, bound: Money(nanoUSD: hold.bound)) else { return }
        try journal(.breach, of: hold.id, spent: 0, held: 0, settlement: digested)
        try database.run(
            """
            INSERT INTO breaches (hold_id, provider, region, model, input_bytes, messages, output_tokens_max,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                hold.id, call.model.provider, call.model.region, call.model.model, call.inputBytes, call.messages,
                call.outputTokensMax, usage.inputTokens, usage.outputTokens, usage.cacheReadTokens,
                usage.cacheWriteTokens,
            ])
        memory.withFacts { $0.breaches[call.model] = nil }
    }

    func chargeInFull(_ holdID: HoldID, of call: CallID) throws {
        let hold = try takeOrThrow(holdID, of: call)
        // An orphan is charged in full already, and now for good.
        if !hold.isOrphan { try end(hold, kind: .charge, cost: hold.bound) }
    }

    func release(_ holdID: HoldID, of call: CallID) throws {
        try end(takeOrThrow(holdID, of: call), kind: .release, cost: 0)
    }

    func renewLeases() throws {
        try database.run(
            "UPDATE holds SET lease_until_ms = ? WHERE owner = ? AND is_orphan = 0", [leaseUntilMS, ownerID])
    }

    // MARK: - Instead of their owner

    /// Charges the holds that were dropped.
    ///
    /// Nobody can correct them any more.
    func chargeAbandoned() throws {
        for holdID in abandoned.sorted(by: { $0.number < $1.number }) {
            // One that was settled or swept before is no longer there.
            guard let hold = try take(holdID, of: nil), !hold.isOrphan else { continue }
            try end(hold, kind: .orphan, cost: hold.bound)
        }
    }

    /// Charges the holds whose owners are gone.
    func chargeOrphans() throws {
        guard !memory.withFacts({ $0.isSwept }) else { return }
        if let owners { try chargeDead(owners) } else { try chargeExpired() }
        memory.withFacts { $0.isSwept = true }
    }

    /// The owner may be alive after all: the hold is kept, so that the owner can correct the charge once.
    private func chargeExpired() throws {
        let ended = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT hold_id, bound_nano_usd FROM holds WHERE is_orphan = 0 AND lease_until_ms <= ?"),
            arguments: [now.milliseconds])
        for row in ended {
            let (holdID, bound): (Int64, Int64) = (row[0], row[1])
            try journal(.orphan, of: holdID, spent: bound, held: -bound)
            try database.run("UPDATE holds SET is_orphan = 1 WHERE hold_id = ?", [holdID])
        }
    }

    private func chargeDead(_ owners: OpenFile) throws {
        // From one owner to the next by the index, so that the own holds are not walked through.
        var owner = ""
        while let next = try String.fetchOne(
            database.cachedStatement(
                sql: "SELECT owner FROM holds WHERE is_orphan = 0 AND owner > ? ORDER BY owner LIMIT 1"),
            arguments: [owner])
        {
            owner = next
            if owner == ownerID || owners.isAlive(owner) { continue }
            let holds = try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT hold_id, bound_nano_usd FROM holds WHERE is_orphan = 0 AND owner = ?"),
                arguments: [owner]
            ).map { Hold(id: $0[0], bound: $0[1], isOrphan: false) }
            for hold in holds {
                try database.run("DELETE FROM holds WHERE hold_id = ?", [hold.id])
                try end(hold, kind: .orphan, cost: hold.bound)
            }
        }
    }

    /// Takes a hold of this owner out; nil where it has ended, or is another's or another call's.
    private func take(_ holdID: HoldID, of call: CallID?) throws -> Hold? {
        let number = holdID.number
        // Most holds are known without being read, with whose they are: marks do not come twice.
        if let entry = reserved[number], entry.holdID == holdID.description, call ?? entry.call == entry.call {
            try database.run(
                "DELETE FROM holds WHERE hold_id = ? AND mark IS ? AND is_orphan = 0", [number, holdID.mark])
            if database.changesCount == 1 {
                return Hold(id: number, bound: entry.held.nanoUSD, isOrphan: false)
            }
        }
        // `DELETE ... RETURNING` goes through a temporary table and takes twice as long as these two.
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT bound_nano_usd, is_orphan, question_id, function, ordinal, digest FROM holds
                    WHERE hold_id = ? AND mark IS ? AND owner = ?
                    """),
            arguments: [number, holdID.mark, ownerID])
        guard let row else { return nil }
        let held = CallID(questionID: row[2], function: row[3], ordinal: row[4], digest: row[5])
        guard call ?? held == held else { return nil }
        try database.run("DELETE FROM holds WHERE hold_id = ?", [number])
        return Hold(id: number, bound: row[0], isOrphan: row[1])
    }

    private func takeOrThrow(_ holdID: HoldID, of call: CallID) throws -> Hold {
        guard let hold = try take(holdID, of: call) else { throw GovernorError.unknownHold }
        return hold
    }

    /// Journals and counts the end of a hold.
    ///
    /// An orphan was charged before: its charge becomes the cost.
    private func end(_ hold: Hold, kind: JournalEntry.Kind, cost: Int64, settlement: DigestedSettlement? = nil) throws {
        try journal(
            kind, of: hold.id, spent: hold.isOrphan ? cost - hold.bound : cost,
            held: hold.isOrphan ? 0 : -hold.bound, settlement: settlement)
    }
}

import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// What the steps write.
extension LedgerTransaction {
    /// Writes what the books have decided; counters come at the transaction's end.
    mutating func write() throws {
        let changes = books.takeChanges()
        guard !changes.isEmpty else { return }
        isHalfWritten = true
        for id in changes.endedHolds where !takenOut.contains(id) {
            try database.run("DELETE FROM holds WHERE hold_id = ?", [id.number])
        }
        for id in changes.orphans {
            try database.run("UPDATE holds SET is_orphan = 1 WHERE hold_id = ?", [id.number])
        }
        for end in changes.ends {
            guard let reserved = entries[end.holdID] else { throw GovernorError.unknownHold }
            try append(end.entry(at: now, of: reserved))
        }
        for response in changes.responses { try insert(response) }
        for breach in changes.breaches { try insert(breach) }
        for reserve in changes.reserves { try insert(reserve) }
        for call in changes.replays { try SpendQuarters.countReplay(of: call, at: now, database) }
        isHalfWritten = false
    }

    private mutating func insert(_ reserve: LedgerChanges.Reserve) throws {
        let (id, call) = (reserve.holdID, reserve.call.id)
        for line in reserve.lines {
            try database.run(
                "INSERT INTO hold_budgets (hold_id, budget, period_start_ms, limit_nano_usd) VALUES (?, ?, ?, ?)",
                [id.number, line.key.name.description, line.key.startMS, line.limit.nanoUSD])
        }
        let entry = reserve.entry(at: now)
        try append(entry)
        entries[id] = entry
        try database.run(
            """
            INSERT INTO holds (hold_id, mark, question_id, function, ordinal, digest, owner, lease_until_ms,
                bound_nano_usd)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id.number, id.mark, call.questionID, call.function, call.ordinal, call.digest, owner.id, leaseUntilMS,
                reserve.bound.nanoUSD,
            ])
    }

    private func insert(_ response: LedgerChanges.Response) throws {
        let (call, settlement) = (response.call, response.settlement)
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
                call.questionID, call.function, call.ordinal, call.digest, now.milliseconds,
                settlement.usage.inputTokens, settlement.usage.outputTokens, settlement.usage.cacheReadTokens,
                settlement.usage.cacheWriteTokens, settlement.cost.nanoUSD, settlement.response,
                settlement.countedBy.rawValue, settlement.requestID, settlement.model?.provider,
                settlement.model?.region, settlement.model?.model,
            ])
    }

    private func insert(_ breach: JournaledBreach) throws {
        let (model, size, usage) = (breach.model, breach.breach, breach.breach.usage)
        try database.run(
            """
            INSERT INTO breaches (hold_id, provider, region, model, input_bytes, messages, output_tokens_max,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                breach.holdID.number, model.provider, model.region, model.model, size.inputBytes,
                size.messages, size.outputTokensMax, usage.inputTokens, usage.outputTokens, usage.cacheReadTokens,
                usage.cacheWriteTokens,
            ])
    }

    private func append(_ entry: JournalEntry) throws {
        let (hold, rates, usage) = (entry.holdID, entry.rates, entry.usage)
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
    }
}

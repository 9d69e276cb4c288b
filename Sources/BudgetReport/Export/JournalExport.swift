package import FoundationEssentials
import FunctionKit
package import Spending

/// The journal as JSON Lines: one object a line, in the order in which it was written, with sorted keys.
package struct JournalExport: Sendable {
    private let ledger: any SpendLedger
    private static let pageSize = 1000

    /// An export of a ledger.
    package init(_ ledger: any SpendLedger) { self.ledger = ledger }

    /// Writes the whole journal, a page at a time, so that memory does not grow with it; a raise or decision stands before
    /// the first entry that was written after it.
    ///
    /// - Parameter write: Takes whole lines.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func run(_ write: (Data) -> Void) async throws(GovernorError) {
        var raises = try await ledger.raises()[...]
        var decisions = try await ledger.decisions()[...]
        var last: Int64 = 0
        var page = JSONLines()
        while true {
            let entries = try await ledger.journal(after: last, atMost: Self.pageSize)
            page.clear()
            for entry in entries {
                while let raise = raises.first, raise.at <= entry.at {
                    page.line(raise.fields)
                    raises.removeFirst()
                }
                while let decision = decisions.first, decision.afterEntry < entry.id {
                    page.line(decision.fields)
                    decisions.removeFirst()
                }
                page.line(entry.fields)
            }
            if entries.count < Self.pageSize {
                for raise in raises { page.line(raise.fields) }
                for decision in decisions { page.line(decision.fields) }
            }
            write(Data(page.bytes))
            guard entries.count == Self.pageSize, let newest = entries.last else { return }
            last = newest.id
        }
    }
}

extension BudgetRaise {
    fileprivate func fields(_ json: inout JSONLines) {
        json.field("at", at)
        json.field("budget", budget)
        json.field("kind", kind.rawValue)
        json.field("limit_usd", limit)
        json.field("reason", reason)
        json.field("until", until)
    }
}

extension LedgerDecision {
    fileprivate func fields(_ json: inout JSONLines) {
        json.field("at", at)
        json.field("by", by)
        switch matter {
        case .limits(let set):
            json.field("digest", set.digest)
            json.field("kind", "apply")
            json.field("limits", set.content)
        case .clock(let left):
            json.field("kind", "clock-accept")
            json.field("leaving", left)
        case .breach(let model, let holds):
            json.field("hold_ids", holds.map(\.description).joined(separator: " "))
            json.field("kind", "breach-accept")
            json.field("model", model.model)
            json.field("provider", model.provider)
        }
        json.field("reason", reason)
        if case .breach(let model, _) = matter { json.field("region", model.region) }
    }
}

extension JournalEntry {
    fileprivate func fields(_ json: inout JSONLines) {
        json.field("at", at)
        json.field("budgets", lines) { json, line in
            json.field("budget", line.name.description)
            json.field("limit_usd", line.limit)
            json.field("period_start", line.periodStart)
        }
        json.field("cache_read_tokens", usage?.cacheReadTokens)
        json.field("cache_write_tokens", usage?.cacheWriteTokens)
        json.field("counted_by", countedBy?.rawValue)
        json.field("digest", call.digest)
        json.field("function", call.function)
        json.field("held_usd", held)
        json.field("hold_id", holdID.description)
        json.field("id", id)
        json.field("input_nano_usd_per_token", rates?.inputNanoUSDPerToken)
        json.field("input_tokens", usage?.inputTokens)
        json.field("kind", kind.rawValue)
        json.field("model", model.model)
        json.field("ordinal", call.ordinal)
        json.field("output_nano_usd_per_token", rates?.outputNanoUSDPerToken)
        json.field("output_tokens", usage?.outputTokens)
        json.field("provider", model.provider)
        json.field("question", call.questionID)
        json.field("region", model.region)
        json.field("request_id", requestID)
        json.field("reserved_at", reservedAt)
        json.field("response_sha256", responseDigest)
        json.field("spent_usd", spent)
        json.field("tenant", tenant)
    }
}

package import Foundation
import FunctionKit
package import Spending

/// The journal as JSON Lines: one object a line, in the order in which it was written.
package struct JournalExport: Sendable {
    private let ledger: any SpendLedger
    private static let pageSize = 1000

    /// An export of a ledger.
    package init(_ ledger: any SpendLedger) { self.ledger = ledger }

    /// Writes the whole journal, a page at a time, so that memory does not grow with it; a raise stands before the first
    /// entry that was written after it.
    ///
    /// - Parameter write: Takes whole lines.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``, or what encoding throws.
    package func run(_ write: (Data) -> Void) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var raises = try await ledger.raises()[...]
        var last: Int64 = 0
        while true {
            let entries = try await ledger.journal(after: last, atMost: Self.pageSize)
            var page = Data()
            for entry in entries {
                while let raise = raises.first, raise.at <= entry.at {
                    page += try encoder.encode(RaiseLine(raise)) + Data("\n".utf8)
                    raises.removeFirst()
                }
                page += try encoder.encode(EntryLine(entry)) + Data("\n".utf8)
            }
            if entries.count < Self.pageSize {
                for raise in raises { page += try encoder.encode(RaiseLine(raise)) + Data("\n".utf8) }
            }
            write(page)
            guard entries.count == Self.pageSize, let newest = entries.last else { return }
            last = newest.id
        }
    }

    private struct RaiseLine: Encodable {
        let at, until, budget, reason: String
        let kind = "raise"
        let limit: Money

        init(_ raise: BudgetRaise) {
            at = raise.at.exact
            until = raise.until.exact
            budget = raise.budget
            reason = raise.reason
            limit = raise.limit
        }

        enum CodingKeys: String, CodingKey {
            case at, until, budget, reason, kind
            case limit = "limit_usd"
        }
    }

    private struct EntryLine: Encodable {
        struct Line: Encodable {
            let budget, periodStart: String
            let limit: Money

            enum CodingKeys: String, CodingKey {
                case budget
                case periodStart = "period_start"
                case limit = "limit_usd"
            }
        }

        let id: Int64
        let at, reservedAt, kind, hold, question, function, digest, provider, region, model: String
        let ordinal: Int
        let tenant, countedBy, requestID, response: String?
        let inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: Int?
        let inputRate, outputRate: Int64?
        let spent, held: Money
        let budgets: [Line]

        init(_ entry: JournalEntry) {
            id = entry.id
            at = entry.at.exact
            reservedAt = entry.reservedAt.exact
            kind = entry.kind.rawValue
            hold = entry.holdID
            question = entry.call.questionID
            function = entry.call.function
            ordinal = entry.call.ordinal
            digest = entry.call.digest
            provider = entry.model.provider
            region = entry.model.region
            model = entry.model.model
            tenant = entry.tenant
            countedBy = entry.countedBy?.rawValue
            requestID = entry.requestID
            response = entry.responseDigest
            inputTokens = entry.usage?.inputTokens
            outputTokens = entry.usage?.outputTokens
            cacheReadTokens = entry.usage?.cacheReadTokens
            cacheWriteTokens = entry.usage?.cacheWriteTokens
            inputRate = entry.rates?.inputNanoUSDPerToken
            outputRate = entry.rates?.outputNanoUSDPerToken
            spent = entry.spent
            held = entry.held
            budgets = entry.lines.map { Line(budget: $0.budget, periodStart: $0.periodStart.exact, limit: $0.limit) }
        }

        enum CodingKeys: String, CodingKey {
            case id, at, kind, question, function, ordinal, digest, provider, region, model, tenant, budgets
            case reservedAt = "reserved_at"
            case hold = "hold_id"
            case countedBy = "counted_by"
            case requestID = "request_id"
            case response = "response_sha256"
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case cacheReadTokens = "cache_read_tokens"
            case cacheWriteTokens = "cache_write_tokens"
            case inputRate = "input_nano_usd_per_token"
            case outputRate = "output_nano_usd_per_token"
            case spent = "spent_usd"
            case held = "held_usd"
        }
    }
}

extension Date {
    /// In UTC with milliseconds, which is all that a ledger keeps.
    fileprivate var exact: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}

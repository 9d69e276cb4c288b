import FoundationEssentials
import Spending

/// The body that tells a webhook of an alert; see ``AlertWebhook`` for what it looks like.
struct AlertPayload: Encodable {
    private let id: String
    private let event = "threshold_crossed"
    private let budget: String
    private let percent: Int
    private let limit: Money
    private let spent: Money
    private let held: Money
    private let periodStart: String
    private let periodEnd: String
    private let at: String

    private enum CodingKeys: String, CodingKey {
        case id, event, budget, percent, at
        case limit = "limit_usd"
        case spent = "spent_usd"
        case held = "held_usd"
        case periodStart = "period_start"
        case periodEnd = "period_end"
    }

    /// Takes over what an alert says.
    init(_ alert: BudgetAlert) {
        id = alert.id
        budget = alert.budget
        percent = alert.percent
        limit = alert.limit
        spent = alert.spent
        held = alert.held
        periodStart = alert.period.start.formatted(.iso8601)
        periodEnd = alert.period.end.formatted(.iso8601)
        at = alert.at.formatted(.iso8601)
    }

    /// The same bytes for the same alert, always: sorted keys, no spaces.
    var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(self)
        } catch {
            preconditionFailure("strings and whole numbers always encode")
        }
    }
}

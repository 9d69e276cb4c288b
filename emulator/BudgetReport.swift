package import FoundationEssentials
package import Spending

/// The budgets as `sluice budget status` shows them: stable JSON, and a table.
package struct BudgetReport: Encodable, Sendable {
    /// One budget in its present period.
    package struct Line: Encodable, Sendable {
        let name: String
        let limit, spent, held, remaining: Money
        let periodStart, periodEnd: String

        private enum CodingKeys: String, CodingKey {
            case name
            case limit = "limit_usd"
            case spent = "spent_usd"
            case held = "held_usd"
            case remaining = "remaining_usd"
            case periodStart = "period_start"
            case periodEnd = "period_end"
        }
    }

    let budgets: [Line]

    /// A report on some budgets, in their order.
    package init(_ statuses: [BudgetStatus]) {
        budgets = statuses.map {
            Line(
                name: $0.budget, limit: $0.limit, spent: $0.spent, held: $0.held, remaining: $0.remaining,
                periodStart: $0.period.start.formatted(.iso8601), periodEnd: $0.period.end.formatted(.iso8601))
        }
    }

    /// One line a budget.
    package var text: String {
        budgets.map { line in
            """
            \(line.name)
              limit  $\(line.limit)
              spent  $\(line.spent)
              held   $\(line.held)
              left   $\(line.remaining), until \(line.periodEnd)

            """
        }.joined()
    }
}

/// What `sluice budget verify` shows.
package struct VerificationReport: Encodable, Sendable {
    /// One disagreement of counter and journal.
    package struct Line: Encodable, Sendable {
        let budget, periodStart, amount: String
        let counted, journaled: Money

        private enum CodingKeys: String, CodingKey {
            case budget, amount
            case periodStart = "period_start"
            case counted = "counted_usd"
            case journaled = "journaled_usd"
        }
    }

    /// Whether the ledger is sound.
    package let isSound: Bool
    let entries: Int
    let differences: [Line]

    private enum CodingKeys: String, CodingKey {
        case entries, differences
        case isSound = "sound"
    }

    /// A report on a check.
    package init(_ verification: LedgerVerification) {
        entries = verification.entries
        differences = verification.differences.map {
            Line(
                budget: $0.budget, periodStart: $0.periodStart.formatted(.iso8601), amount: $0.amount.rawValue,
                counted: $0.counted, journaled: $0.journaled)
        }
        isSound = differences.isEmpty
    }

    /// A line, and one more for each disagreement.
    package var text: String {
        let noun = entries == 1 ? "entry" : "entries"
        guard !isSound else { return "The counters agree with the journal's \(entries) \(noun).\n" }
        return differences.reduce(into: "The counters disagree with the journal's \(entries) \(noun):\n") {
            $0 +=
                "  \($1.budget) from \($1.periodStart), \($1.amount): counted $\($1.counted), journaled $\($1.journaled)\n"
        }
    }
}

extension Encodable {
    /// Stable JSON for programs: sorted keys, a line break at the end.
    package func stableJSON() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

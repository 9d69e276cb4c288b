import FoundationEssentials
import Spending

extension StatusReport {
    /// What `json` writes.
    var value: some Encodable & Sendable {
        Value(
            at: now.formatted(.iso8601), ledger: place, isEmpty: isEmpty,
            budgets: lines.map { line in
                Value.Budget(
                    name: line.status.budget, limit: line.status.limit, spent: line.status.spent,
                    held: line.status.held, remaining: line.status.remaining,
                    usedPercent: (line.usedPercent * 10).rounded(.down) / 10,
                    periodStart: line.status.period.start.formatted(.iso8601),
                    periodEnd: line.status.period.end.formatted(.iso8601),
                    reachedAt: line.reachedAt?.wholeMinute.formatted(.iso8601),
                    raisedUntil: line.until(.raise), loweredUntil: line.until(.lower))
            },
            retired: retired.map {
                Value.Retired(
                    name: $0.name, spent: $0.spent, held: $0.held,
                    lastPeriodEnd: $0.lastPeriodEnd.formatted(.iso8601))
            },
            exceptions: Value.Exceptions(
                since: exceptionsSince.formatted(.iso8601), orphans: tally.orphans,
                orphansCharged: tally.orphansCharged, breaches: tally.breaches),
            questions: questions.map {
                Value.Questions(
                    since: exceptionsSince.formatted(.iso8601), refused: $0.refused, degraded: $0.degraded,
                    parked: $0.parked)
            },
            limits: limits.map {
                Value.Limits(
                    digest: $0.set.digest, since: $0.at.formatted(.iso8601), broughtBy: $0.broughtBy, isOwn: isOwn)
            }, clockLead: clockLead > LedgerMoment.leadMax ? Int(clockLead) : 0, warnings: warnings)
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Budget: Encodable {
            let name: String
            let limit, spent, held, remaining: Money
            let usedPercent: Double
            let periodStart, periodEnd: String
            let reachedAt, raisedUntil, loweredUntil: String?

            enum CodingKeys: String, CodingKey {
                case name
                case limit = "limit_usd"
                case spent = "spent_usd"
                case held = "held_usd"
                case remaining = "remaining_usd"
                case usedPercent = "used_percent"
                case periodStart = "period_start"
                case periodEnd = "period_end"
                case reachedAt = "reached_at"
                case raisedUntil = "raised_until"
                case loweredUntil = "lowered_until"
            }
        }

        struct Retired: Encodable {
            let name: String
            let spent, held: Money
            let lastPeriodEnd: String

            enum CodingKeys: String, CodingKey {
                case name
                case spent = "spent_usd"
                case held = "held_usd"
                case lastPeriodEnd = "last_period_end"
            }
        }

        struct Exceptions: Encodable {
            let since: String
            let orphans: Int
            let orphansCharged: Money
            let breaches: Int

            enum CodingKeys: String, CodingKey {
                case since, orphans, breaches
                case orphansCharged = "orphans_charged_usd"
            }
        }

        struct Questions: Encodable {
            let since: String
            let refused, degraded, parked: Int
        }

        struct Limits: Encodable {
            let digest, since, broughtBy: String
            let isOwn: Bool

            enum CodingKeys: String, CodingKey {
                case digest, since
                case broughtBy = "brought_by"
                case isOwn = "are_of_files"
            }
        }

        let at: String
        let ledger: String?
        let isEmpty: Bool
        let budgets: [Budget]
        let retired: [Retired]
        let exceptions: Exceptions
        let questions: Questions?
        let limits: Limits?
        let clockLead: Int
        let warnings: [String]

        enum CodingKeys: String, CodingKey {
            case at, ledger, budgets, exceptions, questions, limits, warnings
            case clockLead = "clock_ahead_seconds"
            case isEmpty = "empty"
            case retired = "retired_budgets"
        }
    }
}

extension StatusReport.Line {
    /// When the limit's change ends, where it is of a kind.
    fileprivate func until(_ kind: BudgetRaise.Kind) -> String? {
        raise.flatMap { $0.kind == kind ? $0.until.formatted(.iso8601) : nil }
    }
}

import CivilTime
import Foundation
import FunctionKit
import Spending
import SpendingCompat

@testable import BudgetReport

/// Three months of a ledger in Berlin, whose figures are worked out by hand.
///
/// A token costs 3000 nano-dollars in and 4000 out until 2026-10-15 00:00 UTC, and 2000 and 3000 from then on; with the model
/// `small` always 1000. A byte is a token. The budget `daily` limits all calls to $0.50 a day; `pilot`, $5 a month, is in the
/// files in September only.
///
/// | reserved in Berlin | question | tenant | in | out | cost in nano-dollars |
/// | --- | --- | --- | ---: | ---: | ---: |
/// | Sep 10 10:00 | q1 | acme | 1000 | 200 | 1000 * 3000 + 200 * 4000 = 3,800,000 |
/// | Sep 10 10:20 | q2 | globex | 2000 | 100 | 2000 * 3000 + 100 * 4000 = 6,400,000 |
/// | Sep 30 23:50, settled Oct 1 00:05 | q3 | | 500 | 50 | 500 * 3000 + 50 * 4000 = 1,700,000 |
/// | Oct 15 12:00, the new price | q4 | acme | 1000 | 200 | 1000 * 2000 + 200 * 3000 = 2,600,000 |
/// | Oct 25 02:30, summer time | q5 | | 1000 | 100 | 1000 * 2000 + 100 * 3000 = 2,300,000 |
/// | Oct 25 02:30 again, winter time | q6 | | 1000 | 100 | 2,300,000 |
/// | Oct 25 23:30, of a day of 25 hours | q7 | | 1000 | 100 | 2,300,000 |
/// | Nov 5 09:00, `daily` raised to $2 | q8 | acme | 150,000 | 50,000 | 300,000,000 + 150,000,000 = 450,000,000 |
/// | Nov 5 10:00 | q9 | globex | 200,000 | 20,000 | 400,000,000 + 60,000,000 = 460,000,000 |
/// | Nov 20 09:00, answered from its settlement | q8 | acme | | | 0 |
/// | Nov 24 09:00, an orphan | q10 | | | | its bound, 1000 * 2000 + 500 * 3000 = 3,500,000 |
/// | Nov 25 09:00, a breach, `small` | q11 | | 30 | 5 | 35 * 1000 = 35,000, held 10 * 1000 |
/// | Nov 26 09:50, under way | q12 | acme | | | 0, held 1000 * 2000 + 500 * 3000 = 3,500,000 |
///
/// September: 3 calls, 11,900,000. October: 4 calls, 2,600,000 + 3 * 2,300,000 = 9,500,000. November: 5 calls,
/// 450,000,000 + 460,000,000 + 3,500,000 + 35,000 = 913,535,000, and 3,500,000 held. In all 12 calls, 934,935,000, for 10
/// questions with a settled call: 93,493,500 each. The budgets' hour from 02:00 on Oct 25 lasts two hours: 4,600,000. Tokens in: 1000 + 2000 + 500 + 1000 + 3 * 1000 + 150,000 + 200,000 + 30 =
/// 357,530; out: 200 + 100 + 50 + 200 + 3 * 100 + 50,000 + 20,000 + 5 = 70,855. acme: 3,800,000 + 2,600,000 + 450,000,000 =
/// 456,400,000; globex: 466,400,000; nobody: 1,700,000 + 6,900,000 + 3,500,000 + 35,000 = 12,135,000.
///
/// The month from Nov 26 09:50:30 on: the 28 days before have 910,000,000 and 3,500,000 and 35,000 and 25 times nothing, a mean
/// of 32,626,250 and a standard deviation of 171,950,000. There are 4.58993 days left: 149,752,000 more, 1,063,287,000 in all,
/// give or take 1.314 * 171,950,000 * sqrt(4.58993 + 4.58993 * 4.58993 / 28) = 522,200,000.
///
/// Two answers were made without the model: one of acme on Nov 5, one of nobody on Nov 26.
enum GoldenLedger {
    static let zone = TimeZone(identifier: "Europe/Berlin") ?? .gmt
    static let large = ModelID(provider: "bedrock", region: "eu-central-1", model: "large")
    static let small = ModelID(provider: "bedrock", region: "eu-central-1", model: "small")

    /// Fills a ledger of one kind, and looks at it as a report does on Nov 26, half a minute after the last hold.
    static func withView(
        _ make: (ManualClock) async throws -> any SpendReaderCompatTest.Ledger = { InMemoryLedger(now: $0.now) },
        _ body: (LedgerView) async throws -> Void
    ) async throws {
        let clock = ManualClock("2026-09-10T08:00:00Z")
        let ledger = try await make(clock)
        let first = governor(ledger, budgets: [daily, pilot])
        try await pay(first, "q1", "acme", 1000, 200)
        clock.set("2026-09-10T08:20:00Z")
        try await pay(first, "q2", "globex", 2000, 100)
        clock.set("2026-09-30T21:50:00Z")
        let late = try await first.held(call("q3", nil, 500, 50))
        clock.set("2026-09-30T22:05:00Z")
        _ = try await first.settle(
            late, usage: TokenUsage(inputTokens: 500, outputTokens: 50), response: Data("answer".utf8))
        let governor = governor(ledger, budgets: [daily])
        for (instant, question, tenant) in [
            ("2026-10-15T10:00:00Z", "q4", "acme"), ("2026-10-25T00:30:00Z", "q5", nil),
            ("2026-10-25T01:30:00Z", "q6", nil), ("2026-10-25T22:30:00Z", "q7", nil),
        ] as [(String, String, String?)] {
            clock.set(instant)
            try await pay(governor, question, tenant, 1000, question == "q4" ? 200 : 100)
        }
        clock.set("2026-11-05T07:00:00Z")
        try await governor.raise(
            "daily", to: Money(nanoUSD: 2_000_000_000), until: instant("2026-11-06T07:00:00Z") ?? .distantFuture,
            reason: "a fair in town")
        clock.set("2026-11-05T08:00:00Z")
        try await pay(governor, "q8", "acme", 150_000, 50_000)
        clock.set("2026-11-05T09:00:00Z")
        try await pay(governor, "q9", "globex", 200_000, 20_000)
        clock.set("2026-11-20T08:00:00Z")
        _ = try await governor.outcome(call("q8", "acme", 150_000, 50_000))
        clock.set("2026-11-24T08:00:00Z")
        try await drop(governor, call("q10", nil, 1000, 500))
        clock.set("2026-11-25T08:00:00Z")
        _ = try await governor.settle(
            governor.held(call("q11", nil, 10, 0, model: small)),
            usage: TokenUsage(inputTokens: 30, outputTokens: 5), response: Data("answer".utf8))
        clock.set("2026-11-26T08:50:00Z")
        let open = try await governor.held(call("q12", "acme", 1000, 500))
        // Within the lease of the open hold.
        clock.set("2026-11-26T08:50:30Z")
        try await body(LedgerView(governor, reader: ledger))
        try await governor.release(open)
    }

    /// The three months.
    static func span(_ grouping: ReportGrouping, since: String = "2026-09-01") throws -> ReportSpan {
        try ReportSpan(
            since: since, until: "2026-11-26", timeZone: zone, now: .distantPast, daysBack: grouping.daysBack)
    }

    static let degraded = [
        DegradedAnswers(quarter: instant("2026-11-05T10:00:00Z") ?? .distantPast, tenant: "acme", count: 1),
        DegradedAnswers(quarter: instant("2026-11-26T08:45:00Z") ?? .distantPast, tenant: nil, count: 1),
    ]

    private static let daily = Budget(
        name: "daily", limit: Money(nanoUSD: 500_000_000),
        rule: PeriodRule(length: .day, timeZone: zone, turnsAtMinute: 0), alertsPercent: [50, 80, 95],
        exhausted: .reject)

    private static let pilot = Budget(
        name: "pilot", limit: Money(nanoUSD: 5_000_000_000),
        rule: PeriodRule(length: .month, timeZone: zone, turnsAtMinute: 0), exhausted: .reject)

    private static func governor(_ ledger: any SpendLedger, budgets: [Budget]) -> CostGovernor {
        func price(_ model: ModelID, from: String, _ input: Int64, _ output: Int64) -> Price {
            Price(
                model: model, from: instant(from) ?? .distantPast, inputNanoUSDPerToken: input,
                outputNanoUSDPerToken: output,
                bound: TokenBound(nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 0, fixed: 0, because: "a test"),
                source: "a test", read: "2026-11-23")
        }
        return CostGovernor(
            ledger: ledger,
            prices: PriceBook([
                price(large, from: "1970-01-01T00:00:00Z", 3000, 4000),
                price(large, from: "2026-10-15T00:00:00Z", 2000, 3000),
                price(small, from: "1970-01-01T00:00:00Z", 1000, 1000),
            ]), budgets: budgets)
    }

    private static func call(
        _ question: String, _ tenant: String?, _ bytes: Int, _ output: Int, model: ModelID = large
    ) -> PaidCall {
        SpendFixture.call(question, model: model, tenant: tenant, bytes: bytes, outputMax: output)
    }

    private static func pay(
        _ governor: CostGovernor, _ question: String, _ tenant: String?, _ input: Int, _ output: Int
    ) async throws {
        _ = try await governor.settle(
            governor.held(call(question, tenant, input, output)),
            usage: TokenUsage(inputTokens: input, outputTokens: output), response: Data("answer".utf8))
    }

    /// Holds for a call and says no more of it; the next upkeep charges it.
    private static func drop(_ governor: CostGovernor, _ call: PaidCall) async throws {
        let reservation = try await governor.held(call)
        _ = consume reservation
        try await governor.sweep()
    }
}

import BudgetReport
import Foundation
import FunctionKit
import Spending
import StrictYAML
import Testing

@Suite("A check of the price book")
struct PriceCheckTests {
    private static let everything = Budget(
        name: "daily", limit: Money(nanoUSD: 500_000_000),
        rule: PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 0), exhausted: .reject)

    private func check(
        _ prices: [Price], asking models: [String] = ["large"], budgets: [Budget] = [Self.everything],
        ageMaxDays: Int = 90
    ) -> PriceCheck {
        PriceCheck(
            PriceBook(prices), models: models.map { (function: "llm", model: PriceFixture.model($0)) },
            budgets: budgets, ageMaxDays: ageMaxDays, at: PriceFixture.now)
    }

    @Test("a fresh price for what is configured finds nothing")
    func sound() {
        let check = check([PriceFixture.price("large", from: "2026-01-01")])
        #expect(check.findings.isEmpty && !check.refusesCalls)
    }

    @Test("a configured model without a price refuses calls, and a model that nobody asks only warns")
    func noPrice() {
        let ended = PriceFixture.price("large", from: "2025-01-01", until: "2026-06-01")
        let asked = check([ended])
        #expect(asked.refusesCalls && asked.findings.map(\.kind).contains(.configuration))
        #expect(
            asked.findings.first?.message == "llm asks large of bedrock in ap-south-1, which has no price in force; add"
                + " one to budgets/prices, or configure another model")
        let unasked = check([ended, PriceFixture.price("other", from: "2026-01-01")], asking: ["other"])
        #expect(!unasked.refusesCalls && unasked.findings.map(\.kind) == [.noPrice])
    }

    @Test("a configured model without a budget refuses calls")
    func noBudget() {
        let check = check([PriceFixture.price("large", from: "2026-01-01")], budgets: [])
        #expect(check.refusesCalls && check.findings.map(\.kind) == [.configuration])
    }

    @Test("an old price warns from the day after the limit on, and a superseded one never")
    func age() {
        // 2026-08-28 is 90 days before the day of the check.
        let atLimit = PriceFixture.price("large", from: "2026-01-01", read: "2026-08-28")
        #expect(check([atLimit]).findings.isEmpty)
        let beyond = PriceFixture.price("large", from: "2026-01-01", read: "2026-08-27")
        let old = check([PriceFixture.price("large", from: "2024-01-01", read: "2024-01-01"), beyond])
        #expect(
            old.findings.map(\.message) == [
                "large of bedrock in ap-south-1 was read 91 days ago, on 2026-08-27; read its source again, and write the"
                    + " day to `read` (after 90 days it is old)"
            ])
        #expect(!old.refusesCalls)
        #expect(check([atLimit], ageMaxDays: 89).findings.map(\.kind) == [.old])
    }

    @Test("a day that has not come, and an end without a successor, warn")
    func datesAhead() {
        let check = check([PriceFixture.price("large", from: "2026-01-01", until: "2026-12-31", read: "2026-11-28")])
        #expect(check.findings.map(\.kind) == [.ends, .readInFuture] && !check.refusesCalls)
        #expect(
            check.findings.first?.message == "large of bedrock in ap-south-1 has a price until 2026-12-31T00:00:00Z and"
                + " none after it; add the next, or calls are refused from then on")
    }

    @Test("a book that cannot be read refuses calls: a missing bound, a gap, an overlap")
    func unreadable() {
        let problem = YAMLProblem(file: "prices/a.yaml", line: 3, message: "the key `bound` is missing")
        let check = PriceCheck(unreadable: problem)
        #expect(check.refusesCalls)
        #expect(check.findings == [PriceFinding(.error, .unreadable, "prices/a.yaml:3: the key `bound` is missing")])
    }

    @Test("what refuses calls is told first")
    func order() {
        let check = check(
            [
                PriceFixture.price("large", from: "2026-01-01", read: "2025-01-01"),
                PriceFixture.price("small", from: "2026-01-01", until: "2026-02-01"),
            ], asking: ["large", "small"])
        #expect(check.findings.map(\.severity) == [.error, .warning])
    }
}

import BudgetReport
import Foundation
import Spending
import SpendingCompat
import TestSupport
import Testing

@Suite("The status")
struct StatusReportTests {
    private let clock = ManualClock("2026-11-23T12:00:00Z")
    private let ledger: InMemoryLedger

    init() { ledger = InMemoryLedger(now: clock.now) }

    private func line(_ governor: CostGovernor) async throws -> StatusReport.Line {
        let report = try await StatusReport(LedgerView(governor, reader: ledger))
        return try #require(report.lines.first)
    }

    @Test(
        "tells the hour at which today's rate reaches the limit, where that is within the period",
        arguments: [
            // 100 a day. 40 in 12 hours leave 60, which take 18 more: that is tomorrow.
            (40, nil),
            // 80 leave 20, which take 20 / 80 of 12 hours.
            (80, "2026-11-23T15:00:00Z"),
            // Reached already.
            (100, nil),
        ])
    func reached(tokens: Int, at: String?) async throws {
        let governor = SpendFixture.governor(ledger)
        try await governor.pay(SpendFixture.call("a", bytes: tokens), tokens: tokens)
        #expect(try await line(governor).reachedAt == at.flatMap(instant))
    }

    @Test("takes the rate of today alone for a longer period")
    func reachedThisMonth() async throws {
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(length: .month)])
        clock.set("2026-11-22T12:00:00Z")
        try await governor.pay(SpendFixture.call("a", bytes: 50), tokens: 50)
        clock.set("2026-11-23T11:00:00Z")
        try await governor.pay(SpendFixture.call("b", bytes: 10), tokens: 10)
        clock.set("2026-11-23T12:00:00Z")
        // 10 in today's 12 hours; the 40 that are left take 48.
        #expect(try await line(governor).reachedAt == instant("2026-11-25T12:00:00Z"))
    }

    @Test("tells a raise with its end and its reason")
    func raised() async throws {
        let governor = SpendFixture.governor(ledger)
        let end = try #require(instant("2026-11-23T18:00:00Z"))
        try await governor.raise("daily", to: Money(nanoUSD: 1_000_000_000), until: end, reason: "a fair")
        let report = try await StatusReport(LedgerView(governor, reader: ledger))
        #expect(report.lines.first?.raise?.until == end)
        let text = String(decoding: try report.document.rendered(as: .table), as: UTF8.self)
        #expect(text.contains("daily is raised to $1.00 until 2026-11-23 18:00: a fair"))
        clock.set("2026-11-23T18:00:00Z")
        #expect(try await line(governor).raise == nil)
    }
}

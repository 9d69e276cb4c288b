import BudgetReport
import CivilTime
import Documents
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

    @Test("counts all orphans and breaches, lists the newest, and says how many it does not")
    func manyExceptions() async throws {
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1_000_000)])
        for number in 0..<1200 {
            let dropped = try await governor.held(SpendFixture.call("orphan \(number)"))
            _ = consume dropped
        }
        // More tokens than a token a byte.
        try await governor.pay(SpendFixture.call("breach", model: SpendFixture.otherModel, bytes: 1), tokens: 3)
        let document = try await StatusReport(LedgerView(governor, reader: ledger)).document
        let text = String(decoding: try document.rendered(as: .table), as: UTF8.self)
        #expect(text.contains("Orphans: 1,200 calls") && text.contains("Breaches: 1 call "))
        #expect(text.contains("These are the newest; 1,196 more are not listed here"))
        let csv = String(decoding: try document.rendered(as: .csv), as: UTF8.self)
        #expect(csv.contains(",0.000048,,,2026-11-16T12:00:00Z,,,orphans,1200\r\n"))
        #expect(csv.contains(",,,,2026-11-16T12:00:00Z,,,breaches,1\r\n"))
    }

    @Test("has the same columns of csv where no file names a budget")
    func noBudgets() async throws {
        let report = try await StatusReport(LedgerView(SpendFixture.governor(ledger, budgets: []), reader: ledger))
        let csv = String(decoding: try report.document.rendered(as: .csv), as: UTF8.self)
        #expect(
            csv.hasPrefix(
                "budget,used_percent,limit_usd,spent_usd,held_usd,remaining_usd,period_start,period_end,reached_at,kind,count\r\n"
            ))
    }

    @Test("says whose clock times are told by where budgets do not agree, and by whose they can be told")
    func zones() async throws {
        var other = SpendFixture.budget("other")
        other.rule.timeZone = try #require(TimeZone(identifier: "Asia/Kolkata"))
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(), other])
        try await governor.pay(SpendFixture.call(), tokens: 1)
        let view = try await LedgerView(governor, reader: ledger)
        func text(_ zone: TimeZone?) async throws -> String {
            let view = try await LedgerView(
                SpendFixture.governor(ledger, budgets: view.budgets), reader: ledger)
            return String(
                decoding: try await StatusReport(view, timeZone: zone).document.rendered(as: .markdown), as: UTF8.self)
        }
        #expect(
            try await text(nil).contains(
                "Times are those of UTC, because budgets turn by different clocks: Asia/Kolkata, UTC. `--timezone` names another."
            ))
        #expect(try await text(other.rule.timeZone).contains("Times are those of Asia/Kolkata."))
    }
}

import Documents
import Foundation
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import Testing

@testable import BudgetReport

@Suite("The limits of days that are over", .timeLimit(.minutes(1)))
struct LimitHistoryTests {
    private let clock = ManualClock("2026-11-20T06:00:00Z")
    private let ledger: SQLiteLedger

    init() throws {
        ledger = try SQLiteLedger(store: .inMemory(schemas: [SQLiteLedger.schema]), now: clock.now)
    }

    /// The budget as its file had it for a while.
    private func governor(limit: Int64, zone: TimeZone = .gmt, turnsAt minute: Int = 0) -> CostGovernor {
        var budget = SpendFixture.budget(limit: limit)
        budget.rule = PeriodRule(length: .day, timeZone: zone, turnsAtMinute: minute)
        return SpendFixture.governor(ledger, budgets: [budget])
    }

    private func report(_ governor: CostGovernor, zone: TimeZone = .gmt) async throws -> SpendReport {
        let view = try await LedgerView(governor, reader: ledger)
        return try await SpendReport(
            view, by: .day, span: ReportSpan(since: nil, until: nil, timeZone: zone, now: view.now, daysBack: 30))
    }

    private func limits(_ governor: CostGovernor) async throws -> [Int64?] {
        let report = try await report(governor)
        return report.periods.map { report.limits[$0]?.nanoUSD }
    }

    @Test("are those that the journal says were in force, not the file's of today")
    func journaled() async throws {
        // Nov 20: 100. Nov 21: no call. Nov 22: 300, lowered to 200 during the day. From noon of Nov 24 on, 50.
        for number in 0..<40 { try await governor(limit: 100).pay(SpendFixture.call("a\(number)"), tokens: 1) }
        clock.set("2026-11-22T01:00:00Z")
        for number in 0..<40 { try await governor(limit: 300).pay(SpendFixture.call("b\(number)"), tokens: 1) }
        clock.set("2026-11-22T22:00:00Z")
        try await governor(limit: 200).pay(SpendFixture.call("c"), tokens: 1)
        clock.set("2026-11-24T12:00:00Z")
        try await governor(limit: 50).pay(SpendFixture.call("d"), tokens: 1)
        #expect(try await limits(governor(limit: 50)) == [100, 100, 300, 200, 200])
        // A file that nobody has brought to the ledger.
        #expect(try await limits(governor(limit: 70)) == [100, 100, 300, 200, 200])
    }

    @Test("keep a raise to its own days")
    func raised() async throws {
        let governor = governor(limit: 100)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 900), until: clock.now().addingTimeInterval(86_400), reason: "a fair")
        for number in 0..<40 { try await governor.pay(SpendFixture.call("a\(number)"), tokens: 1) }
        clock.set("2026-11-23T12:00:00Z")
        try await governor.pay(SpendFixture.call("b"), tokens: 1)
        clock.set("2026-11-24T12:00:00Z")
        try await self.governor(limit: 50).pay(SpendFixture.call("c"), tokens: 1)
        // In force until Nov 21 06:00.
        #expect(try await limits(self.governor(limit: 50)) == [900, 900, 100, 100, 100])
    }

    @Test("follow what is lowered, and a raise until it is cancelled")
    func loweredAndCancelled() async throws {
        let governor = governor(limit: 100)
        try await governor.pay(SpendFixture.call("a"), tokens: 1)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 60), until: clock.now().addingTimeInterval(2 * 86_400), reason: "a test")
        clock.set("2026-11-21T06:00:00Z")
        try await governor.pay(SpendFixture.call("b"), tokens: 1)
        clock.set("2026-11-22T12:00:00Z")
        try await governor.pay(SpendFixture.call("c"), tokens: 1)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 900), until: clock.now().addingTimeInterval(9 * 86_400), reason: "a test")
        clock.set("2026-11-23T06:00:00Z")
        try await governor.cancelRaise(of: "daily", reason: "a test")
        #expect(try await governor.status().map(\.limit) == [Money(nanoUSD: 100)])
        try await governor.pay(SpendFixture.call("d"), tokens: 1)
        clock.set("2026-11-24T06:00:00Z")
        try await governor.pay(SpendFixture.call("e"), tokens: 1)
        #expect(try await limits(governor) == [100, 60, 900, 900, 100])
    }

    @Test(
        "A report's headline tells no time that has not come",
        arguments: [
            (nil, nil, "from 2026-10-21 to 2026-11-20 06:07"),
            ("2026-11-01", "2026-11-20", "from 2026-11-01 to 2026-11-20"),
            ("2026-11-01", "2099-01-01", "from 2026-11-01 to 2026-11-20 06:07"),
            ("2026-11-01", "2026-11-19", "from 2026-11-01 to 2026-11-19"),
            ("2026-11-20", "2026-11-20T07:00", "from 2026-11-20 to 2026-11-20 06:07"),
            ("2098-01-01", "2099-01-01", "from 2098-01-01 to 2099-01-01"),
        ] as [(String?, String?, String)])
    func headline(since: String?, until: String?, expected: String) async throws {
        clock.set("2026-11-20T06:07:30Z")
        let view = try await LedgerView(governor(limit: 100), reader: ledger)
        let span = try ReportSpan(since: since, until: until, timeZone: .gmt, now: view.now, daysBack: 30)
        let report = try await SpendReport(view, by: .day, span: span)
        #expect(report.document().headline == "Nothing was spent \(expected)")
    }

    @Test("are left out, and said to be, where the budget's days are others")
    func otherDays() async throws {
        let kolkata = try #require(TimeZone(identifier: "Asia/Kolkata"))
        let governor = governor(limit: 100, zone: kolkata)
        try await governor.pay(SpendFixture.call("a"), tokens: 1)
        func page(_ governor: CostGovernor, zone: TimeZone) async throws -> String {
            String(decoding: try await report(governor, zone: zone).document().rendered(as: .html), as: UTF8.self)
        }
        let own = try await page(governor, zone: kolkata)
        #expect(own.contains("against the limit") && !own.contains("left out"))
        let utc = try await page(governor, zone: .gmt)
        #expect(!utc.contains("against the limit"))
        #expect(
            utc.contains("The limit of daily is left out: its days are those of Asia/Kolkata, these are those of UTC."))
        let early = self.governor(limit: 100, zone: kolkata, turnsAt: 390)
        _ = try await early.open()
        let morning = try await page(early, zone: kolkata)
        #expect(morning.contains("its days are those of Asia/Kolkata, from 06:30 on, these are those of Asia/Kolkata."))
    }
}

import CivilTime
import FoundationEssentials
import FunctionKit
import Spending
import TestSupport
import Testing

/// Rules of limits that owners change, and of the thresholds that are told.
extension SpendLedgerCompatTest {
    static let limits = [
        Rule("a raise", Self.checkRaise),
        Rule("a limit lowered, a raise given back", Self.checkLoweredAndCancelled),
        Rule("when there is room", Self.checkOpening),
        Rule("alerts", Self.checkAlerts),
        Rule("alerts of changed limits", Self.checkAlertsOfChangedLimits),
        Rule("alerts of old periods", Self.checkAlertsOfOldPeriods),
        Rule("alerts after a long rest", Self.checkAlertsAfterLongRest),
        Rule("alerts under a long raise", Self.checkAlertsUnderLongRaise),
    ]

    /// A raise is in force at once for all owners until its end, and only the newest counts.
    func checkRaise() async throws {
        let bench = try await bench()
        let governor = bench.governor
        let other = try await bench.another()
        let start = bench.clock.now()
        try await governor.pay(SpendFixture.call("a", bytes: 100), tokens: 100)
        #expect(try await other.outcome(SpendFixture.call("b")) == "refused by daily")
        // The mistake would last longer than its correction, and must not come back after it.
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: start.addingTimeInterval(6000), reason: "a mistake")
        bench.clock.advance(seconds: 1)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 150), until: start.addingTimeInterval(600), reason: "a fair")
        #expect(try await other.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        #expect(try await other.status().first?.limit == Money(nanoUSD: 150))
        #expect(try await other.outcome(SpendFixture.call("b", bytes: 51)) == "refused by daily")
        try await other.pay(SpendFixture.call("b", bytes: 50), tokens: 50)
        bench.clock.advance(seconds: 599)
        #expect(try await other.status().first?.limit == Money(nanoUSD: 100))
        #expect(try await other.status().first?.remaining == .zero)
        #expect(try await other.outcome(SpendFixture.call("c", bytes: 1)) == "refused by daily")
        // A clock that is set back does not undo it.
        try await governor.raise(
            "daily", to: Money(nanoUSD: 160), until: start.addingTimeInterval(3000), reason: "a crowd")
        bench.clock.advance(seconds: -10)
        #expect(try await other.status().first?.limit == Money(nanoUSD: 160))
        bench.clock.advance(seconds: 2500)
        #expect(try await bench.ledger.raises().map(\.reason) == ["a mistake", "a fair", "a crowd"])
        #expect(try await bench.ledger.raises().map(\.at).prefix(2) == [start, start.addingTimeInterval(1)])
        try await JournalReplay(of: governor).expectWithinLimits()
        await #expect(throws: GovernorError.unknownBudget("dayly", hint: "did you mean `daily`?")) {
            try await governor.raise(
                "dayly", to: Money(nanoUSD: 500), until: start.addingTimeInterval(9000), reason: "a test")
        }
        for (limit, until, reason) in [
            (100, start.addingTimeInterval(9000), "a test"), (500, start.addingTimeInterval(600), "a test"),
            (500, start.addingTimeInterval(9000), " "),
        ] as [(Int64, Date, String)] {
            await #expect {
                try await governor.raise("daily", to: Money(nanoUSD: limit), until: until, reason: reason)
            } throws: { error in
                guard case GovernorError.uselessRaise = error else { return false }
                return true
            }
        }
    }

    /// A limit that is lowered, and one that is given back, count at once for all owners; what is spent stays spent.
    func checkLoweredAndCancelled() async throws {
        let bench = try await bench()
        let governor = bench.governor
        let other = try await bench.another()
        let start = bench.clock.now()
        let end = start.addingTimeInterval(600)
        await #expect(throws: GovernorError.self) { try await governor.cancelRaise(of: "daily", reason: "a slip") }
        try await governor.raise("daily", to: Money(nanoUSD: 500), until: end, reason: "a fair")
        bench.clock.advance(seconds: 1)
        try await governor.cancelRaise(of: "daily", reason: "no fair")
        #expect(try await other.status().map(\.limit.nanoUSD) == [100])
        await #expect(throws: GovernorError.self) { try await governor.cancelRaise(of: "daily", reason: "again") }
        try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        bench.clock.advance(seconds: 1)
        try await governor.raise("daily", to: Money(nanoUSD: 40), until: end, reason: "a leak")
        let low = try #require(try await other.status().first)
        #expect(low.limit.nanoUSD == 40 && low.spent.nanoUSD == 60 && low.remaining == .zero)
        #expect(try await other.outcome(SpendFixture.call("b", bytes: 1)) == "refused by daily")
        bench.clock.advance(seconds: 598)
        #expect(try await other.status().map(\.remaining.nanoUSD) == [40])
        #expect(try await bench.ledger.raises().map(\.kind) == [.raise, .cancel, .lower])
        #expect(try await bench.ledger.raises().allSatisfy { $0.limit > .zero })
    }

    /// Who is refused is told when the last of the budgets without room opens; one that never has room makes nobody wait.
    func checkOpening() async throws {
        let bench = try await bench(budgets: [
            SpendFixture.budget("day", exhausted: .waitUntilReset), SpendFixture.budget("week", length: .week),
            SpendFixture.budget("hour", limit: 1000, length: .hour),
        ])
        let governor = bench.governor
        try await governor.pay(SpendFixture.call("a", bytes: 90), tokens: 90)
        let short = try await governor.refusal(SpendFixture.call("b", bytes: 11))
        #expect(short.budget == "day" && short.cause == .noRoom && short.policy == .waitUntilReset)
        #expect(short.opensAt == instant("2026-11-30T00:00:00Z"))
        #expect(
            short.explanation
                == "the budget `day` has no room for a call (it may cost up to $0.000000011, $0.00000001 is"
                + " left); `week`, which has no room either, opens at 2026-11-30 00:00 UTC (2026-11-30T00:00:00Z)")
        try await governor.pay(SpendFixture.call("c", bytes: 10), tokens: 10)
        let spent = try await governor.refusal(SpendFixture.call("b", bytes: 11))
        #expect(spent.cause == .spent && spent.explanation.hasPrefix("the budget `day` is spent; `week`, which has no"))
        let never = try await governor.refusal(SpendFixture.call("d", bytes: 101))
        #expect(never.policy == .reject && never.budget == "day" && never.opensAt == nil)
        #expect(never.explanation.hasSuffix("is spent; ask something shorter, or raise the limit"))
        bench.clock.set("2026-11-30T00:00:00Z")
        let large = try await governor.refusal(SpendFixture.call("d", bytes: 101))
        #expect(large.policy == .reject && large.explanation.contains("$0.000000101, and the limit is $0.0000001)"))
        // A limit that is lowered below one call opens when it is the file's again, not when the period turns.
        let end = bench.clock.now().addingTimeInterval(3 * 86_400)
        try await governor.raise("day", to: Money(nanoUSD: 5), until: end, reason: "a leak")
        let lowered = try await governor.refusal(SpendFixture.call("e", bytes: 11))
        #expect(lowered.budget == "day" && lowered.opensAt == end && lowered.policy == .waitUntilReset)
    }

    /// A threshold is told once for each limit that was in force.
    func checkAlertsOfChangedLimits() async throws {
        let budgets = [SpendFixture.budget(alerts: [50, 80])]
        let bench = try await bench(budgets: budgets)
        let governor = bench.governor
        let end = bench.clock.now().addingTimeInterval(3600)
        func told() async throws -> [String] {
            let due = try await governor.claimAlerts()
            for alert in due { try await governor.confirm(alert) }
            return due.map { "\($0.percent) of \($0.limit.nanoUSD)" }
        }
        try await governor.pay(SpendFixture.call("a", bytes: 90), tokens: 90)
        #expect(try await told() == ["50 of 100", "80 of 100"])
        try await governor.raise("daily", to: Money(nanoUSD: 200), until: end, reason: "more")
        #expect(try await told() == [])
        try await governor.pay(SpendFixture.call("b", bytes: 30), tokens: 30)
        #expect(try await told() == ["50 of 200"])
        try await governor.raise("daily", to: Money(nanoUSD: 130), until: end, reason: "less")
        #expect(try await told() == ["50 of 130", "80 of 130"])
        try await governor.raise("daily", to: Money(nanoUSD: 200), until: end, reason: "more again")
        #expect(try await told() == [])
        try await governor.pay(SpendFixture.call("c", bytes: 50), tokens: 50)
        #expect(try await told() == ["80 of 200"])
        try await governor.cancelRaise(of: "daily", reason: "enough")
        #expect(try await told() == [])
    }

    /// Each threshold is alerted once a period, by one owner; an alert that was not confirmed is given again.
    func checkAlerts() async throws {
        let budgets = [
            SpendFixture.budget(alerts: [80, 50]),
            SpendFixture.budget("hourly", limit: 1000, length: .hour, alerts: [100]),
        ]
        let bench = try await bench(budgets: budgets)
        let other = try await bench.another(budgets: budgets)
        try await bench.governor.pay(SpendFixture.call("a", bytes: 49), tokens: 49)
        #expect(try await bench.governor.claimAlerts().isEmpty)
        try await bench.governor.pay(SpendFixture.call("b", bytes: 31), tokens: 31)
        let due = try await bench.governor.claimAlerts()
        #expect(due.map(\.percent) == [50, 80])
        let first = try #require(due.first)
        #expect(first.id == "daily/2026-11-23T00:00:00Z/50/0.0000001" && first.budget == "daily")
        #expect(first.spent == Money(nanoUSD: 80) && first.limit == Money(nanoUSD: 100) && first.held == .zero)
        #expect(first.at == bench.clock.now())
        #expect(try await other.claimAlerts().isEmpty)
        try await bench.governor.confirm(first)
        bench.clock.advance(seconds: 300)
        // The one that was not confirmed, as it was.
        #expect(try await other.claimAlerts() == [due[1]])
        // Given back, it is anybody's at once.
        try await other.handBack(due[1])
        #expect(try await bench.governor.claimAlerts() == [due[1]])
        try await other.confirm(due[1])
        try await other.handBack(due[1])
        bench.clock.advance(seconds: 300)
        #expect(try await other.claimAlerts().isEmpty)
        bench.clock.set("2026-11-24T00:00:00Z")
        #expect(try await other.claimAlerts().isEmpty)
        try await other.pay(SpendFixture.call("c", bytes: 100), tokens: 100)
        #expect(try await other.claimAlerts().map(\.id).count == 2)
    }

    /// An alert is judged by the limit of its own period, and is delivered however long that takes.
    func checkAlertsOfOldPeriods() async throws {
        let budgets = [SpendFixture.budget(length: .hour, alerts: [50])]
        let bench = try await bench("2026-11-23T10:30:00Z", budgets: budgets)
        let turn = try #require(instant("2026-11-23T11:00:00Z"))
        try await bench.governor.raise("daily", to: Money(nanoUSD: 1000), until: turn, reason: "a test")
        try await bench.governor.pay(SpendFixture.call("a", bytes: 90), tokens: 90)
        // 90 of 1000: no alert, also after the raise has ended.
        #expect(try await bench.governor.claimAlerts().isEmpty)
        bench.clock.set("2026-11-23T11:00:01Z")
        #expect(try await bench.governor.claimAlerts().isEmpty)
        try await bench.governor.pay(SpendFixture.call("b", bytes: 50), tokens: 50)
        let due = try await bench.governor.claimAlerts()
        #expect(due.map(\.id) == ["daily/2026-11-23T11:00:00Z/50/0.0000001"])
        // Nobody took it for two days.
        bench.clock.set("2026-11-25T12:00:00Z")
        #expect(try await bench.another(budgets: budgets).claimAlerts() == due)
        try await bench.governor.confirm(try #require(due.first))
        bench.clock.set("2026-11-26T12:00:00Z")
        #expect(try await bench.governor.claimAlerts().isEmpty)
    }

    /// What a process spent before it died is told by the next, however much later that starts.
    func checkAlertsAfterLongRest() async throws {
        let budgets = [SpendFixture.budget(length: .hour, alerts: [50])]
        let bench = try await bench("2026-11-23T08:30:00Z", budgets: budgets)
        try await bench.governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        bench.clock.set("2026-11-23T10:30:00Z")
        try await bench.governor.pay(SpendFixture.call("b", bytes: 90), tokens: 20)
        bench.clock.set("2026-11-25T12:00:00Z")
        let next = try await bench.another(budgets: budgets)
        // As any start does, before it looks.
        try await next.pay(SpendFixture.call("c", bytes: 1), tokens: 1)
        let due = try await next.claimAlerts()
        #expect(due.map(\.id) == ["daily/2026-11-23T08:00:00Z/50/0.0000001"] && due.map(\.spent.nanoUSD) == [60])
        try await next.confirm(try #require(due.first))
        #expect(try await bench.another(budgets: budgets).claimAlerts().isEmpty)
    }

    /// A long raise still says what the limit was, after a newer one has taken its place.
    func checkAlertsUnderLongRaise() async throws {
        let budgets = [SpendFixture.budget(length: .hour, alerts: [50])]
        let bench = try await bench("2026-01-01T10:00:00Z", budgets: budgets)
        let end = try #require(instant("2027-01-01T00:00:00Z"))
        try await bench.governor.raise("daily", to: Money(nanoUSD: 1000), until: end, reason: "a year")
        bench.clock.set("2026-11-23T10:30:00Z")
        try await bench.governor.pay(SpendFixture.call("a", bytes: 90), tokens: 90)
        bench.clock.set("2026-11-23T11:00:01Z")
        try await bench.governor.raise("daily", to: Money(nanoUSD: 2000), until: end, reason: "more")
        #expect(try await bench.governor.claimAlerts().isEmpty)
    }
}

import CivilTime
import FoundationEssentials
import FunctionKit
import Spending
import TestSupport
import Testing

/// The limits in force lie in the ledger, and people decide on them, on its clock and on breaches.
extension SpendLedgerCompatTest {
    static let decisions = [
        Rule("who brings the limits", Self.checkLimitsBrought),
        Rule("limits that were replaced", Self.checkLimitsStale),
        Rule("limits put in force", Self.checkLimitsApplied),
        Rule("limits of earlier periods", Self.checkLimitsOfEarlierPeriods),
        Rule("two files", Self.checkTwoFiles),
        Rule("an accepted clock", Self.checkClockAccepted),
        Rule("an accepted clock, several owners", Self.checkClockAcceptedAcrossOwners),
        Rule("a clock that is not ahead", Self.checkClockNotAhead),
        Rule("an accepted breach", Self.checkBreachAccepted),
    ]

    /// The first who pays brings its limits; whoever only looks brings nothing.
    func checkLimitsBrought() async throws {
        let bench = try await bench()
        let other = try await bench.another(budgets: [SpendFixture.budget(limit: 500)])
        // Nothing is in force yet: each goes by its own, and leaves it at that.
        #expect(try await other.status().map(\.limit.nanoUSD) == [500])
        #expect(try await bench.governor.status().map(\.limit.nanoUSD) == [100])
        #expect(try await bench.ledger.decisions().isEmpty)
        try await bench.governor.pay(SpendFixture.call("a"), tokens: 40)
        #expect(try await other.status().map(\.limit.nanoUSD) == [100])
        #expect(try await other.status().map(\.spent.nanoUSD) == [40])
        let decision = try #require(try await bench.ledger.decisions().first)
        #expect(decision.matter == .limits(bench.governor.own) && decision.at == bench.clock.now())
        #expect(decision.afterEntry == 0 && !decision.by.isEmpty && !decision.reason.isEmpty)
        // The same meaning is the same set, whoever wrote it.
        guard case .inForce(let limits) = try await bench.another().open() else {
            Issue.record("they were not in force")
            return
        }
        #expect(limits.set == bench.governor.own && limits.set.budgets == bench.governor.own.budgets)
    }

    /// New limits are in force for all at once; those that they replace do not come back by themselves.
    func checkLimitsStale() async throws {
        let bench = try await bench(budgets: [SpendFixture.budget(limit: 500)])
        try await bench.governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        let lower = [SpendFixture.budget(limit: 80)]
        guard case .applied(let limits, let before) = try await bench.another(budgets: lower).open() else {
            Issue.record("they were not applied")
            return
        }
        #expect(before?.set == bench.governor.own && limits.set.budgets.first?.limit == Money(nanoUSD: 80))
        // The host with the larger limit runs on.
        #expect(try await bench.governor.refusal(SpendFixture.call("b", bytes: 21)).remainingNanoUSD == 20)
        #expect(try await bench.governor.outcome(SpendFixture.call("b", bytes: 20)) == "held")
        // It starts again, however often.
        for _ in 0..<3 {
            let again = try await bench.another(budgets: [SpendFixture.budget(limit: 500)])
            #expect(try await again.open() == .stale(limits))
            #expect(try await again.outcome(SpendFixture.call("c", bytes: 21)) == "refused by daily")
        }
        #expect(try await bench.ledger.decisions().count == 2)
        // A third file is a new one.
        let third = try await bench.another(budgets: [SpendFixture.budget("other", limit: 30)])
        #expect(try await third.outcome(SpendFixture.call("d", bytes: 31)) == "refused by other")
        #expect(try await bench.governor.outcome(SpendFixture.call("d", bytes: 31)) == "refused by other")
    }

    /// A person puts any limits in force, with a reason; what is in force already changes nothing.
    func checkLimitsApplied() async throws {
        let bench = try await bench()
        let larger = try await bench.another(budgets: [SpendFixture.budget(limit: 500)])
        try await bench.governor.open()
        bench.clock.advance(seconds: 5)
        try await larger.apply(by: "owner", reason: "a fair")
        #expect(try await bench.governor.outcome(SpendFixture.call("a", bytes: 400)) == "held")
        #expect(try await bench.governor.apply(by: "owner", reason: "it is over")?.set == larger.own)
        #expect(try await larger.outcome(SpendFixture.call("a", bytes: 400)) == "refused by daily")
        for reason in ["", " \n"] {
            await #expect(throws: GovernorError.self) { try await larger.apply(by: "owner", reason: reason) }
        }
        await #expect(throws: GovernorError.limitsInForce) {
            try await bench.governor.apply(by: "owner", reason: "again")
        }
        let decisions = try await bench.ledger.decisions()
        #expect(decisions.map(\.reason).dropFirst() == ["a fair", "it is over"])
        #expect(decisions.map(\.by).dropFirst() == ["owner", "owner"])
        // A host of those limits that starts finds them stale.
        guard case .stale = try await bench.another(budgets: [SpendFixture.budget(limit: 500)]).open() else {
            Issue.record("they are not stale")
            return
        }
    }

    /// What is told of a period that is over goes by the limit that it had.
    func checkLimitsOfEarlierPeriods() async throws {
        let budgets = [SpendFixture.budget(limit: 1000, length: .hour, alerts: [50])]
        let bench = try await bench("2026-11-23T10:30:00Z", budgets: budgets)
        try await bench.governor.pay(SpendFixture.call("a", bytes: 400), tokens: 400)
        bench.clock.set("2026-11-23T11:00:01Z")
        let lower = try await bench.another(
            budgets: [SpendFixture.budget(limit: 100, length: .hour, alerts: [50])])
        try await lower.pay(SpendFixture.call("b", bytes: 60), tokens: 60)
        // 400 of 1000 were no alert, and are none now.
        #expect(try await lower.claimAlerts().map(\.id) == ["daily/2026-11-23T11:00:00Z/50/0.0000001"])
    }

    /// Hosts with different files pay, start again and decide in any order: each hold is within the limit in force.
    func checkTwoFiles() async throws {
        for seed in 0..<4 {
            let bench = try await bench()
            let files: [Int64] = [60, 200, 90]
            var random = SeededGenerator(seed: UInt64(seed))
            var inForce: Int64?
            var seen: Set<Int64> = []
            var spent: Int64 = 0
            for step in 0..<60 {
                let file = files[Int.random(in: 0..<(step < 30 ? 2 : 3), using: &random)]
                // Another process each time.
                let governor = try await bench.another(budgets: [SpendFixture.budget(limit: file)])
                if Int.random(in: 0..<10, using: &random) == 0 {
                    if inForce != file {
                        try await governor.apply(by: "a test", reason: "a test")
                        (inForce, _) = (file, seen.insert(file))
                    }
                    continue
                }
                if seen.insert(file).inserted { inForce = file }
                let limit = try #require(inForce)
                let bytes = Int.random(in: 1...8, using: &random)
                let fits = spent + Int64(bytes) <= limit
                let call = SpendFixture.call("\(step)", bytes: bytes)
                let expected = fits ? "held" : "refused by daily"
                #expect(try await governor.outcome(call) == expected)
                if fits {
                    try await governor.pay(call, tokens: bytes)
                    spent += Int64(bytes)
                }
                #expect(try await governor.status().map(\.limit.nanoUSD) == [limit])
            }
            try await JournalReplay(of: bench.governor).expectWithinLimits()
            #expect(try await bench.governor.verify().isSound)
        }
    }

    /// After a clock that was ahead, all goes on at the true time, with what was spent there, and no day has a second limit.
    func checkClockAccepted() async throws {
        let bench = try await bench()
        let governor = bench.governor
        try await governor.pay(SpendFixture.call("a", bytes: 70), tokens: 70)
        let open = try await governor.held(SpendFixture.call("open", bytes: 10))
        bench.clock.set("2027-03-01T10:00:00Z")
        try await governor.pay(SpendFixture.call("b", bytes: 90), tokens: 90)
        let later = try #require(instant("2027-03-02T00:00:00Z"))
        try await governor.raise("daily", to: Money(nanoUSD: 900), until: later, reason: "while it was ahead")
        bench.clock.set("2026-11-23T10:05:00Z")
        let refusal = try await governor.refusal(SpendFixture.call("c", bytes: 811))
        #expect(refusal.opensAt == later && refusal.explanation.contains("sluice budget clock accept"))
        #expect(try await governor.moment().lead > 86_400)
        let (left, now) = try await governor.acceptClock(by: "owner", reason: "it woke up in spring")
        #expect(left == instant("2027-03-01T10:00:00Z") && now == bench.clock.now())
        let moment = try await governor.moment()
        #expect(moment.lead == 0 && moment.instant == bench.clock.now())
        // The true day has what was spent and held in it, and its own limit. A lease has ended meanwhile.
        let counted: Int64 = bench.ledger.lease == nil ? 70 : 80
        #expect(try await governor.spent() == counted)
        #expect(try await governor.status().first?.limit == Money(nanoUSD: 100))
        let next = try await governor.refusal(SpendFixture.call("c", bytes: 31))
        #expect(next.opensAt == instant("2026-11-24T00:00:00Z") && !next.explanation.contains("clock accept"))
        try await governor.release(open)
        try await governor.pay(SpendFixture.call("c", bytes: 30), tokens: 30)
        #expect(try await governor.outcome(SpendFixture.call("d", bytes: 1)) == "refused by daily")
        #expect(try await governor.outcome(SpendFixture.call("b", bytes: 90)) == "settled")
        bench.clock.set("2026-11-24T00:00:00Z")
        #expect(try await governor.outcome(SpendFixture.call("d", bytes: 100)) == "held")
        // When the day comes that the clock had come to, it has been spent from.
        bench.clock.set("2027-03-01T10:00:00Z")
        #expect(try await governor.status().first?.limit == Money(nanoUSD: 100))
        #expect(try await governor.outcome(SpendFixture.call("e", bytes: 11)) == "refused by daily")
        #expect(try await governor.outcome(SpendFixture.call("e", bytes: 10)) == "held")
        #expect(try await governor.verify().isSound)
        let decision = try #require(try await bench.ledger.decisions().last)
        #expect(decision.matter == .clock(leaving: left) && decision.reason == "it woke up in spring")
        #expect(decision.by == "owner" && decision.at == now)
    }

    /// Every owner goes on at the true time; leases, alerts and responses of the time that was left end or stay.
    func checkClockAcceptedAcrossOwners() async throws {
        let budgets = [SpendFixture.budget(length: .hour, alerts: [50])]
        let bench = try await bench("2026-11-23T10:00:00Z", budgets: budgets)
        let other = try await bench.another(budgets: budgets)
        bench.clock.set("2026-12-24T10:00:00Z")
        try await other.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        let due = try await other.claimAlerts()
        #expect(due.count == 1)
        let reservation = try await other.held(SpendFixture.call("b", bytes: 10))
        bench.clock.set("2026-11-23T10:00:10Z")
        _ = try await bench.governor.acceptClock(by: "owner", reason: "a test")
        // The hold lives, and is its owner's to end.
        #expect(try await bench.governor.outcome(SpendFixture.call("b", bytes: 10)) == "in flight")
        try await bench.ledger.renewLeases()
        #expect(try await other.outcome(SpendFixture.call("c", bytes: 100)) == "held")
        try await other.release(reservation)
        // Claimed anew five minutes after it was claimed, and not in a month.
        bench.clock.advance(seconds: 301)
        #expect(try await bench.governor.claimAlerts() == due)
        // No younger than it is: the answer goes when its time has come.
        for _ in 0..<40 {
            bench.clock.advance(seconds: 80_000)
            _ = try await bench.ledger.forgetResponses(olderThan: .seconds(30 * 86_400))
        }
        await #expect(throws: GovernorError.answerForgotten) {
            try await other.outcome(SpendFixture.call("a", bytes: 60))
        }
        let instants = try await JournalReplay(of: other).entries.map(\.at)
        #expect(instants.last == instant("2026-11-23T10:00:10Z"))
        // Reports find the calls of both times.
        if let reader = bench.ledger as? any SpendReader {
            let all = Date.distantPast..<Date.distantFuture
            for span in [all, try #require(instant("2026-12-24T09:00:00Z"))..<(.distantFuture)] {
                let sums = try await reader.spending(SpendQuery(span: span, grouping: .question(atMost: 5)))
                #expect(sums.first?.key == .question("a") && sums.first?.amounts.spent == Money(nanoUSD: 60))
            }
        }
        #expect(try await other.verify().isSound)
    }

    /// A clock that is where the ledger is, or less than a minute behind it, is left alone.
    func checkClockNotAhead() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a"), tokens: 40)
        for seconds in [0.0, -60] {
            bench.clock.advance(seconds: seconds)
            #expect(try await bench.governor.moment().clockNote == nil)
            await #expect(throws: GovernorError.clockNotAhead) {
                _ = try await bench.governor.acceptClock(by: "owner", reason: "a test")
            }
        }
        #expect(try await bench.ledger.decisions().count == 1)
    }

    /// An accepted breach refuses nobody any more; the next one does.
    func checkBreachAccepted() async throws {
        let bench = try await bench(budgets: [SpendFixture.budget(limit: 1000)])
        let governor = bench.governor
        let early = try await governor.held(SpendFixture.call("early", bytes: 10))
        try await governor.pay(SpendFixture.call("a", bytes: 10), tokens: 12)
        try await governor.pay(SpendFixture.call("b", model: SpendFixture.otherModel, bytes: 10), tokens: 13)
        let next = SpendFixture.call("next", bytes: 1)
        await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) { try await governor.outcome(next) }
        let listed = try await bench.ledger.breaches()
        #expect(listed.map(\.model) == [SpendFixture.model, SpendFixture.otherModel])
        #expect(listed.map(\.bound?.nanoUSD) == [10, 10] && listed.map(\.cost?.nanoUSD) == [12, 13])
        #expect(listed.allSatisfy { !$0.isAccepted && $0.at == bench.clock.now() })
        await #expect(throws: GovernorError.self) {
            try await governor.acceptBreaches(of: "nobody's", by: "owner", reason: "a test")
        }
        #expect(try await governor.acceptBreaches(of: "llama", by: "owner", reason: "counted twice") == 1)
        #expect(try await governor.outcome(next) == "held")
        await #expect(throws: GovernorError.boundBreached(SpendFixture.otherModel)) {
            try await governor.outcome(SpendFixture.call("next", model: SpendFixture.otherModel, bytes: 1))
        }
        #expect(try await bench.ledger.breaches().map(\.isAccepted) == [true, false])
        let decision = try #require(try await bench.ledger.decisions().last)
        #expect(decision.matter == .breach(SpendFixture.model, holds: [listed[0].holdID]))
        #expect(decision.reason == "counted twice")
        // A later one, be its hold older than the acceptance.
        _ = try await governor.settle(early, usage: TokenUsage(inputTokens: 11, outputTokens: 0), response: Data())
        await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) { try await governor.outcome(next) }
        await #expect(throws: GovernorError.boundBreached(SpendFixture.model)) {
            try await bench.another(budgets: [SpendFixture.budget(limit: 1000)]).outcome(next)
        }
        #expect(try await governor.verify().isSound)
    }
}

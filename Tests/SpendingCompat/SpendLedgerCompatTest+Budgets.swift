import CivilTime
import FoundationEssentials
import FunctionKit
import Spending
import TestSupport
import Testing

extension SpendLedgerCompatTest {
    static let budgets = [
        Rule("several budgets", Self.checkSeveralBudgets),
        Rule("a tenant's share", Self.checkTenantShare),
        Rule("tenants whose names look the same", Self.checkTenantsAlike),
        Rule("the turn of a period", Self.checkTurn),
        Rule("room again", Self.checkRoom),
        Rule("a clock that is set back", Self.checkClockBack),
        Rule("a clock that is ahead for a moment", Self.checkClockForward),
        Rule("a period's changed rule", Self.checkChangedRule),
        Rule("without price or budget", Self.checkNotGoverned),
        Rule("a new price", Self.checkPriceChange),
        Rule("fewer output tokens", Self.checkFewerTokens),
        Rule("old responses are forgotten", Self.checkForgetting),
        Rule("a late answer to what was forgotten", Self.checkForgettingBeforeLateAnswer),
        Rule("the journal", Self.checkJournal),
    ]

    /// A call must fit every budget that covers it; the first in file order that lacks room is named.
    func checkSeveralBudgets() async throws {
        let governor = try await bench(budgets: [
            SpendFixture.budget("acme", limit: 50, scope: BudgetScope(tenants: ["acme"]), exhausted: .waitUntilReset),
            SpendFixture.budget("all", limit: 80), SpendFixture.budget("hourly", limit: 70, length: .hour),
        ]).governor
        #expect(try await governor.outcome(SpendFixture.call("a", tenant: "acme", bytes: 51)) == "refused by acme")
        try await governor.pay(SpendFixture.call("b", tenant: "acme", bytes: 40), tokens: 40)
        #expect(try await governor.outcome(SpendFixture.call("c", tenant: "acme", bytes: 41)) == "refused by acme")
        #expect(try await governor.outcome(SpendFixture.call("c", tenant: "globex", bytes: 41)) == "refused by all")
        #expect(try await governor.outcome(SpendFixture.call("c", bytes: 31)) == "refused by hourly")
        #expect(try await governor.outcome(SpendFixture.call("c", bytes: 30)) == "held")
        #expect(try await governor.status().map(\.held) == [.zero, .zero, .zero])
        #expect(try await governor.status().map(\.spent.nanoUSD) == [40, 40, 40])
    }

    /// Tenants are told apart by the bytes of their names, also where these look the same, and by all that share a transaction.
    func checkTenantsAlike() async throws {
        let governor = try await bench(budgets: [SpendFixture.budget(limit: 200, share: 25)]).governor
        let tenants = ["caf\u{e9}", "cafe\u{301}"]
        for tenant in tenants {
            try await governor.pay(SpendFixture.call("a-\(tenant.utf8.count)", tenant: tenant), tokens: 40)
        }
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<5 {
                for tenant in tenants {
                    group.addTask {
                        let call = SpendFixture.call("\(number)-\(tenant.utf8.count)", tenant: tenant, bytes: 2)
                        try await governor.pay(call, tokens: 2)
                    }
                }
            }
        }
        for tenant in tenants {
            #expect(try await governor.outcome(SpendFixture.call("b", tenant: tenant, bytes: 1)) != "held")
        }
        #expect(try await governor.spent() == 100)
        #expect(try await governor.verify().isSound)
    }

    /// No tenant passes its share; who has no tenant, or another one, finds the rest; the share opens with the period.
    func checkTenantShare() async throws {
        let bench = try await bench(budgets: [SpendFixture.budget(share: 25)])
        let governor = bench.governor
        try await governor.pay(SpendFixture.call("a", tenant: "acme", bytes: 20), tokens: 20)
        let refusal = try await governor.refusal(SpendFixture.call("b", tenant: "acme", bytes: 6))
        #expect(refusal.budget == "daily/acme" && refusal.cause == .noRoom && refusal.remainingNanoUSD == 5)
        let needed = Money(nanoUSD: refusal.neededNanoUSD)
        #expect(needed == Money(nanoUSD: 6))
        #expect(try await governor.outcome(SpendFixture.call("b", tenant: "acme", bytes: 5)) == "held")
        #expect(try await governor.outcome(SpendFixture.call("c", tenant: "globex", bytes: 25)) == "held")
        #expect(try await governor.outcome(SpendFixture.call("c", bytes: 80)) == "held")
        #expect(try await !governor.hasRoom(budget: "daily/acme", for: needed))
        #expect(try await governor.hasRoom(budget: "daily", for: needed))
        // No budget has such a tenant's part, and asking for it keeps nobody from the others.
        for tenant in ["", "a\0b", String(repeating: "a", count: 3_000)] {
            #expect(try await governor.hasRoom(budget: "daily/\(tenant)", for: needed))
            #expect(try await !governor.hasRoom(budget: "daily/acme", for: needed))
        }
        // A share grows with its budget.
        let later = bench.clock.now().addingTimeInterval(60)
        try await governor.raise("daily", to: Money(nanoUSD: 200), until: later, reason: "a test")
        #expect(try await governor.outcome(SpendFixture.call("b", tenant: "acme", bytes: 30)) == "held")
        bench.clock.set("2026-11-24T00:00:00Z")
        #expect(try await governor.hasRoom(budget: "daily/acme", for: needed))
        #expect(try await governor.outcome(SpendFixture.call("b", tenant: "acme", bytes: 25)) == "held")
        #expect(try await governor.verify().isSound)
    }

    /// The limit opens with the next period.
    func checkTurn() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a", bytes: 100), tokens: 100)
        #expect(try await bench.governor.outcome(SpendFixture.call("b")) == "refused by daily")
        #expect(try await !bench.governor.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        bench.clock.set("2026-11-24T00:00:00Z")
        #expect(try await bench.governor.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        #expect(try await bench.governor.outcome(SpendFixture.call("b")) == "held")
    }

    /// There is room again once the refused call fits: when holds end, or with a higher limit in the file.
    func checkRoom() async throws {
        let bench = try await bench()
        let governor = bench.governor
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 70))
        #expect(try await governor.outcome(SpendFixture.call("b", bytes: 40)) == "refused by daily")
        #expect(try await !governor.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        let raised = SpendFixture.governor(bench.ledger, budgets: [SpendFixture.budget(limit: 200)])
        try await raised.open()
        #expect(try await raised.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        try await governor.apply(by: "a test", reason: "a test")
        #expect(try await !raised.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        try await governor.release(reservation)
        #expect(try await governor.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        #expect(try await governor.hasRoom(budget: "no longer known", for: Money(nanoUSD: 40)))
        // A limit below what is spent leaves nothing.
        try await governor.pay(SpendFixture.call("c", bytes: 60), tokens: 60)
        let lowered = SpendFixture.governor(bench.ledger, budgets: [SpendFixture.budget(limit: 50)])
        try await lowered.open()
        #expect(try await lowered.status().first?.remaining == .zero)
        #expect(try await !lowered.hasRoom(budget: "daily", for: Money(nanoUSD: 40)))
        #expect(try await lowered.outcome(SpendFixture.call("d", bytes: 1)) == "refused by daily")
    }

    /// A clock that is set back changes neither period nor order.
    func checkClockBack() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        bench.clock.set("2026-11-22T10:00:00Z")
        #expect(try await bench.governor.outcome(SpendFixture.call("b", bytes: 60)) == "refused by daily")
        try await bench.governor.pay(SpendFixture.call("c", bytes: 40), tokens: 40)
        let instants = try await JournalReplay(of: bench.governor).entries.map(\.at)
        #expect(instants == Array(repeating: try #require(instant("2026-11-23T10:00:00Z")), count: 4))
    }

    /// Without a price in force, or without a budget that covers it, nothing is paid.
    func checkNotGoverned() async throws {
        let bench = try await bench()
        let unknown = ModelID(provider: "bedrock", region: "ap-south-1", model: "unknown")
        await #expect(throws: GovernorError.notGoverned(unknown)) {
            try await bench.governor.outcome(SpendFixture.call(model: unknown))
        }
        await #expect(throws: GovernorError.unbounded) {
            try await bench.governor.outcome(SpendFixture.call(bytes: .max, outputMax: .max))
        }
        let scoped = SpendFixture.governor(
            bench.ledger, budgets: [SpendFixture.budget(scope: BudgetScope(tenants: ["acme"]))])
        await #expect(throws: GovernorError.notGoverned(SpendFixture.model)) {
            try await scoped.outcome(SpendFixture.call())
        }
        #expect(try await bench.governor.journalKinds().isEmpty)
    }

    /// A call is settled at the price that was in force when it was reserved; a new price takes effect at its instant.
    func checkPriceChange() async throws {
        let bench = try await bench()
        var dearer = SpendFixture.price(nano: 3)
        dearer.from = try #require(instant("2026-11-23T10:00:30Z"))
        let governor = SpendFixture.governor(
            bench.ledger, budgets: [SpendFixture.budget(limit: 300)], prices: [SpendFixture.price(), dearer])
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 20))
        bench.clock.advance(seconds: 30)
        let usage = TokenUsage(inputTokens: 10, outputTokens: 0)
        let before = try await governor.settle(reservation, usage: usage, response: Data())
        #expect(before.cost == Money(nanoUSD: 10))
        #expect(try await governor.pay(SpendFixture.call("b", bytes: 20), tokens: 10).cost == Money(nanoUSD: 30))
        let rates = try await JournalReplay(of: governor).entries.map { $0.rates?.inputNanoUSDPerToken }
        #expect(rates == [1, 1, 3, 3])
    }

    /// Where the whole call does not fit, it is granted as many output tokens as do, down to its fewest.
    func checkFewerTokens() async throws {
        let governor = try await bench().governor
        try await governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        for (least, granted) in [(10, 20), (20, 20), (21, nil), (30, nil)] as [(Int, Int?)] {
            let call = SpendFixture.call("b", bytes: 20, outputMax: 30, outputMin: least)
            switch try await governor.reserve(call) {
            case .held(let reservation):
                #expect(reservation.outputTokensMax == granted)
                #expect(reservation.bound == Money(nanoUSD: 40))
                try await governor.release(reservation)
            default: #expect(granted == nil)
            }
        }
        let whole = try await governor.held(SpendFixture.call("c", bytes: 20, outputMax: 20, outputMin: 1))
        #expect(whole.outputTokensMax == 20)
        try await governor.release(whole)
    }

    /// A clock that was ahead for a moment delays the turn; nothing is paid twice, and no limit passed.
    func checkClockForward() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        bench.clock.set("2036-11-23T10:00:00Z")
        try await bench.governor.pay(SpendFixture.call("b", bytes: 60), tokens: 60)
        // A ledger that has no clock but its program's deletes nothing after such a leap.
        let forgotten = try await bench.ledger.forgetResponses(olderThan: .seconds(62 * 86_400))
        bench.clock.set("2026-11-23T10:00:01Z")
        if forgotten == 1 {
            await #expect(throws: GovernorError.answerForgotten) {
                try await bench.governor.outcome(SpendFixture.call("a", bytes: 60))
            }
        } else {
            #expect(try await bench.governor.outcome(SpendFixture.call("a", bytes: 60)) == "settled")
        }
        #expect(try await bench.governor.outcome(SpendFixture.call("b", bytes: 60)) == "settled")
        let opens = try #require(instant("2036-11-24T00:00:00Z"))
        #expect(try await bench.governor.refusal(SpendFixture.call("c", bytes: 41)).opensAt == opens)
        #expect(try await bench.another().outcome(SpendFixture.call("c", bytes: 40)) == "held")
        #expect(try await bench.governor.verify().isSound)
    }

    /// Nobody gets a second limit by a change of zone, turn or length.
    func checkChangedRule() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a", bytes: 60), tokens: 60)
        var changed = SpendFixture.budget()
        changed.rule = PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 9 * 60)
        var monthly = SpendFixture.budget(length: .month)
        let other = try await bench.another(budgets: [changed])
        let longer = try await bench.another(budgets: [monthly])
        for governor in [other, longer] {
            try await governor.open()
            #expect(try await governor.spent() == 60)
            #expect(try await governor.outcome(SpendFixture.call("b", bytes: 41)) == "refused by daily")
        }
        // What is held under one rule is missing under the others.
        try await other.apply(by: "a test", reason: "a test")
        let reservation = try await other.held(SpendFixture.call("b", bytes: 30))
        try await bench.governor.apply(by: "a test", reason: "a test")
        #expect(try await bench.governor.outcome(SpendFixture.call("c", bytes: 11)) == "refused by daily")
        try await longer.apply(by: "a test", reason: "a test")
        #expect(try await longer.outcome(SpendFixture.call("c", bytes: 10)) == "held")
        _ = try await other.settle(
            reservation, usage: TokenUsage(inputTokens: 30, outputTokens: 0), response: Data())
        bench.clock.set("2026-11-24T09:00:00Z")
        try await other.apply(by: "a test", reason: "a test")
        #expect(try await other.spent() == 0)
        // The day that began yesterday at 9 reached into this one.
        try await bench.governor.apply(by: "a test", reason: "a test")
        #expect(try await bench.governor.spent() == 30)
        try await longer.apply(by: "a test", reason: "a test")
        #expect(try await longer.spent() == 90)
        monthly.limit = Money(nanoUSD: 91)
        let tight = try await bench.another(budgets: [monthly])
        #expect(try await tight.outcome(SpendFixture.call("d", bytes: 2)) == "refused by daily")
        #expect(try await bench.governor.verify().isSound)
    }

    /// Old responses are forgotten, and the journal keeps their digests; the calls stay paid.
    func checkForgetting() async throws {
        let bench = try await bench()
        try await bench.governor.pay(SpendFixture.call("a", bytes: 10), tokens: 1, response: "abc")
        bench.clock.advance(seconds: 100)
        try await bench.governor.pay(SpendFixture.call("b", bytes: 10), tokens: 1)
        #expect(try await bench.ledger.forgetResponses(olderThan: .seconds(101)) == 0)
        #expect(try await bench.ledger.forgetResponses(olderThan: .seconds(99)) == 1)
        #expect(try await bench.governor.outcome(SpendFixture.call("b", bytes: 10)) == "settled")
        await #expect(throws: GovernorError.answerForgotten) {
            try await bench.governor.outcome(SpendFixture.call("a", bytes: 10))
        }
        #expect(try await bench.another().spent() == 2)
        let digest = try await JournalReplay(of: bench.governor).entries.first { $0.kind == .settle }?.responseDigest
        // SHA-256 of "abc": FIPS 180-2, appendix B.1.
        #expect(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// An attempt that is answered after the call's answer was forgotten is charged, and does not become its answer.
    func checkForgettingBeforeLateAnswer() async throws {
        let bench = try await bench()
        guard let lease = bench.ledger.lease else { return }
        let late = try await bench.governor.held(SpendFixture.call("a", bytes: 10))
        bench.clock.advance(seconds: lease / .seconds(1) + 1)
        try await bench.another().pay(SpendFixture.call("a", bytes: 10), tokens: 1, response: "first")
        bench.clock.advance(seconds: 100)
        #expect(try await bench.ledger.forgetResponses(olderThan: .seconds(99)) == 1)
        _ = try await bench.governor.settle(
            late, usage: TokenUsage(inputTokens: 2, outputTokens: 0), response: Data("late".utf8))
        await #expect(throws: GovernorError.answerForgotten) {
            try await bench.governor.outcome(SpendFixture.call("a", bytes: 10))
        }
        #expect(try await bench.governor.spent() == 3)
    }

    /// The journal says who paid what, for whom, by which price, and who counted.
    func checkJournal() async throws {
        let bench = try await bench(budgets: [SpendFixture.budget(share: 50)])
        let reservation = try await bench.governor.held(
            SpendFixture.call("a", ordinal: 2, digest: "e", tenant: "acme", bytes: 37, outputMax: 3))
        bench.clock.advance(seconds: 2)
        let usage = TokenUsage(inputTokens: 5, outputTokens: 3, cacheReadTokens: 2, cacheWriteTokens: 1)
        let holdID = reservation.holdID
        let settlement = try await bench.governor.settle(
            reservation, usage: usage, countedBy: .headers, requestID: "r-1", response: Data("abc".utf8))
        let start = try #require(instant("2026-11-23T10:00:00Z"))
        let day = try #require(instant("2026-11-23T00:00:00Z"))
        var entries = try await bench.ledger.journal(after: 0, atMost: 10)
        try #require(entries.count == 2 && entries[0].id < entries[1].id)
        let reserve = JournalEntry(
            id: entries[0].id, at: start, kind: .reserve, holdID: holdID, reservedAt: start,
            call: CallID(questionID: "a", function: "llm-connector", ordinal: 2, digest: "e"),
            model: SpendFixture.model, tenant: "acme",
            rates: TokenRates(
                from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 1, outputNanoUSDPerToken: 1),
            spent: .zero, held: Money(nanoUSD: 40),
            lines: [
                JournalEntry.Line(name: BudgetLine.Name("daily"), periodStart: day, limit: Money(nanoUSD: 100)),
                JournalEntry.Line(name: BudgetLine.Name("daily/acme"), periodStart: day, limit: Money(nanoUSD: 50)),
            ])
        var settle = reserve
        settle.id = entries[1].id
        settle.at = start.addingTimeInterval(2)
        settle.kind = .settle
        settle.usage = usage
        settle.countedBy = .headers
        settle.requestID = "r-1"
        settle.responseDigest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        settle.spent = settlement.cost
        settle.held = Money(nanoUSD: -40)
        for index in entries.indices { entries[index].lines.sort { $0.name < $1.name } }
        #expect(entries == [reserve, settle])
        #expect(try await bench.ledger.journal(after: reserve.id, atMost: 10).map(\.id) == [settle.id])
        #expect(try await bench.ledger.journal(after: 0, atMost: 1).map(\.id) == [reserve.id])
        let sound = try await bench.governor.verify()
        #expect(sound.isSound && sound.entries == 2)
    }
}

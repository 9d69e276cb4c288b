import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingSQLite
import Testing

@Suite("The governor on an SQLite ledger", .timeLimit(.minutes(1)))
struct GovernorTests {
    let clock = ManualClock("2026-11-23T10:00:00Z")
    let store: SQLiteStore
    let ledger: SQLiteLedger
    let governor: CostGovernor

    init() throws {
        (store, ledger) = try Fixture.memory(clock)
        governor = Fixture.governor(ledger)
    }

    @Test("holds the worst case and charges the truth")
    func holdsAndSettles() async throws {
        let reservation = try await governor.held(Fixture.call(bytes: 40))
        #expect(reservation.bound == Money(nanoUSD: 40))
        #expect(try await governor.heldAmount() == 40)
        let settlement = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 7, outputTokens: 3), response: Data("a".utf8))
        #expect(settlement.cost == Money(nanoUSD: 10))
        let status = try #require(try await governor.status().first)
        #expect(status.spent == Money(nanoUSD: 10) && status.held == .zero && status.remaining == Money(nanoUSD: 90))
    }

    @Test("refuses a call whose worst case does not fit, with policy and the period's end")
    func refuses() async throws {
        try await governor.pay(Fixture.call("a", bytes: 61), tokens: 61)
        guard case .refused(let refusal) = try await governor.reserve(Fixture.call("b", bytes: 40)) else {
            Issue.record("it was not refused")
            return
        }
        #expect(
            refusal
                == BudgetRefusal(
                    budget: "daily", policy: .reject,
                    opensAt: try #require(instant("2026-11-24T00:00:00Z"))))
        #expect(try await governor.outcome(Fixture.call("c", bytes: 39)) == "held")
    }

    @Test("a settled call is answered from the store and never paid again, also where no money is left")
    func settledOnce() async throws {
        try await governor.pay(Fixture.call(bytes: 100), tokens: 100, response: "first")
        guard case .settled(let settlement) = try await governor.reserve(Fixture.call(bytes: 100)) else {
            Issue.record("it was not settled")
            return
        }
        #expect(settlement.response == Data("first".utf8))
        #expect(settlement.cost == Money(nanoUSD: 100))
        #expect(try await governor.spent() == 100)
    }

    @Test("a call under way is in flight; another ordinal, digest, function or question is another call")
    func inFlight() async throws {
        let reservation = try await governor.held(Fixture.call(bytes: 10))
        #expect(try await governor.outcome(Fixture.call(bytes: 10)) == "in flight")
        #expect(try await governor.outcome(Fixture.call(ordinal: 1, bytes: 10)) == "held")
        #expect(try await governor.outcome(Fixture.call(digest: "e", bytes: 10)) == "held")
        try await governor.release(reservation)
        #expect(try await governor.outcome(Fixture.call(bytes: 10)) == "held")
    }

    @Test("doubt is charged at the bound, and the call may be made again")
    func doubt() async throws {
        try await governor.chargeInFull(governor.held(Fixture.call(bytes: 40)))
        #expect(try await governor.spent() == 40)
        #expect(try await governor.outcome(Fixture.call(bytes: 40)) == "held")
    }

    @Test("a reservation that is dropped is charged in full")
    func dropped() async throws {
        _ = try await governor.held(Fixture.call(bytes: 40))
        #expect(try await governor.spent() == 40)
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.outcome(Fixture.call(bytes: 40)) == "held")
        #expect(try await kinds() == ["reserve", "orphan", "reserve", "release"])
    }

    @Test("a hold whose lease ended is charged as an orphan in the period of its reservation")
    func leaseEnds() async throws {
        clock.set("2026-11-23T23:59:59Z")
        let late = try await governor.held(Fixture.call(bytes: 40))
        clock.advance(seconds: 59)
        #expect(try await governor.outcome(Fixture.call(bytes: 40)) == "in flight")
        clock.advance(seconds: 1)
        #expect(try await governor.outcome(Fixture.call(bytes: 40)) == "held")
        #expect(try await governor.spent() == 0)
        #expect(try await counter("2026-11-23T00:00:00Z") == [40, 0])
        // The answer came after all: the charge becomes the truth.
        _ = try await governor.settle(
            late, usage: TokenUsage(inputTokens: 5, outputTokens: 0), response: Data("late".utf8))
        #expect(try await counter("2026-11-23T00:00:00Z") == [5, 0])
        #expect(try await governor.outcome(Fixture.call(bytes: 40)) == "settled")
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("an orphan stays charged after doubt, and is given back where the call was surely never made")
    func orphanEnds() async throws {
        let doubted = try await governor.held(Fixture.call("a", bytes: 20))
        let unmade = try await governor.held(Fixture.call("b", bytes: 30))
        clock.advance(seconds: 60)
        #expect(try await governor.spent() == 50)
        try await governor.chargeInFull(doubted)
        try await governor.release(unmade)
        #expect(try await governor.spent() == 20)
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("two attempts that were both sent are both charged, and the first response is kept")
    func twoAttempts() async throws {
        let first = try await governor.held(Fixture.call(bytes: 40))
        clock.advance(seconds: 60)
        let second = try await governor.held(Fixture.call(bytes: 40))
        _ = try await governor.settle(
            second, usage: TokenUsage(inputTokens: 11, outputTokens: 0), response: Data("second".utf8))
        _ = try await governor.settle(
            first, usage: TokenUsage(inputTokens: 7, outputTokens: 0), response: Data("first".utf8))
        #expect(try await governor.spent() == 18)
        guard case .settled(let settlement) = try await governor.reserve(Fixture.call(bytes: 40)) else {
            Issue.record("it was not settled")
            return
        }
        #expect(settlement.response == Data("second".utf8))
    }

    @Test("renewed leases live on")
    func renews() async throws {
        let reservation = try await governor.held(Fixture.call())
        clock.advance(seconds: 59)
        try await ledger.renewLeases()
        clock.advance(seconds: 59)
        #expect(try await governor.outcome(Fixture.call()) == "in flight")
        try await governor.release(reservation)
    }

    @Test("a cost above the bound is charged and journaled; the model is refused until its bound is raised enough")
    func breach() async throws {
        let settlement = try await governor.pay(Fixture.call("a", bytes: 10), tokens: 15)
        #expect(settlement.cost == Money(nanoUSD: 15))
        #expect(try await governor.spent() == 15)
        #expect(try await kinds() == ["reserve", "settle", "breach"])
        await #expect(throws: GovernorError.boundBreached(Fixture.model)) {
            try await governor.outcome(Fixture.call("b", bytes: 1))
        }
        #expect(try await governor.outcome(Fixture.call("c", model: Fixture.otherModel, bytes: 1)) == "held")
        // A dearer price does not heal it, nor does a bound that would still not have held.
        for price in [Fixture.price(nano: 2), Fixture.price(fixed: 4)] {
            await #expect(throws: GovernorError.boundBreached(Fixture.model)) {
                try await Fixture.governor(ledger, prices: [price]).outcome(Fixture.call("b", bytes: 1))
            }
        }
        let raised = Fixture.governor(ledger, prices: [Fixture.price(fixed: 5)])
        #expect(try await raised.outcome(Fixture.call("b", bytes: 1)) == "held")
        // What was settled is answered all the same.
        #expect(try await governor.outcome(Fixture.call("a", bytes: 10)) == "settled")
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test(
        "a usage that cannot be true is charged at the bound",
        arguments: [TokenUsage(inputTokens: -1, outputTokens: 0), TokenUsage(inputTokens: .max, outputTokens: .max)])
    func impossibleUsage(_ usage: TokenUsage) async throws {
        let settlement = try await governor.settle(
            governor.held(Fixture.call(bytes: 40)), usage: usage, response: Data())
        #expect(settlement.cost == Money(nanoUSD: 40))
        #expect(try await governor.spent() == 40)
    }

    @Test("a call must fit every budget that covers it; the first in file order that lacks room is named")
    func severalBudgets() async throws {
        let governor = Fixture.governor(
            ledger,
            budgets: [
                Fixture.budget("acme", limit: 50, scope: BudgetScope(tenants: ["acme"]), exhausted: .waitUntilReset),
                Fixture.budget("all", limit: 80), Fixture.budget("hourly", limit: 70, length: .hour),
            ])
        #expect(try await governor.outcome(Fixture.call("a", tenant: "acme", bytes: 51)) == "refused by acme")
        try await governor.pay(Fixture.call("b", tenant: "acme", bytes: 40), tokens: 40)
        #expect(try await governor.outcome(Fixture.call("c", tenant: "acme", bytes: 41)) == "refused by acme")
        #expect(try await governor.outcome(Fixture.call("c", tenant: "globex", bytes: 41)) == "refused by all")
        #expect(try await governor.outcome(Fixture.call("c", bytes: 31)) == "refused by hourly")
        #expect(try await governor.outcome(Fixture.call("c", bytes: 30)) == "held")
        #expect(try await governor.status().map(\.held) == [.zero, .zero, .zero])
        #expect(try await governor.status().map(\.spent.nanoUSD) == [40, 40, 40])
    }

    @Test("the limit opens with the next period")
    func opens() async throws {
        try await governor.pay(Fixture.call("a", bytes: 100), tokens: 100)
        #expect(try await governor.outcome(Fixture.call("b")) == "refused by daily")
        #expect(try await !governor.hasRoom(budget: "daily"))
        clock.set("2026-11-24T00:00:00Z")
        #expect(try await governor.hasRoom(budget: "daily"))
        #expect(try await governor.outcome(Fixture.call("b")) == "held")
    }

    @Test("there is room again once the smallest refused call fits: after a raise, or when holds end")
    func room() async throws {
        let reservation = try await governor.held(Fixture.call("a", bytes: 70))
        #expect(try await governor.outcome(Fixture.call("b", bytes: 40)) == "refused by daily")
        #expect(try await !governor.hasRoom(budget: "daily"))
        let raised = Fixture.governor(ledger, budgets: [Fixture.budget(limit: 200)])
        #expect(try await raised.hasRoom(budget: "daily"))
        try await governor.release(reservation)
        #expect(try await governor.hasRoom(budget: "daily"))
        #expect(try await governor.hasRoom(budget: "no longer known"))
    }

    @Test("a clock that is set back changes neither period nor order")
    func clockBack() async throws {
        try await governor.pay(Fixture.call("a", bytes: 60), tokens: 60)
        clock.set("2026-11-22T10:00:00Z")
        #expect(try await governor.outcome(Fixture.call("b", bytes: 60)) == "refused by daily")
        try await governor.pay(Fixture.call("c", bytes: 40), tokens: 40)
        let instants = try await store.read { try Int64.fetchAll($0, sql: "SELECT at_ms FROM journal ORDER BY id") }
        #expect(Set(instants).count == 1 && instants.count == 4)
    }

    @Test("without a price in force, or without a budget that covers it, nothing is paid")
    func notGoverned() async throws {
        let unknown = ModelID(provider: "bedrock", region: "ap-south-1", model: "unknown")
        await #expect(throws: GovernorError.notGoverned(unknown)) {
            try await governor.outcome(Fixture.call(model: unknown))
        }
        let scoped = Fixture.governor(
            ledger, budgets: [Fixture.budget(scope: BudgetScope(tenants: ["acme"]))])
        await #expect(throws: GovernorError.notGoverned(Fixture.model)) { try await scoped.outcome(Fixture.call()) }
        await #expect(throws: GovernorError.unbounded) {
            try await governor.outcome(Fixture.call(bytes: .max, outputMax: .max))
        }
    }

    @Test("an end that somebody else wrote is reported, and charges nothing twice")
    func unknownHold() async throws {
        let reservation = try await governor.held(Fixture.call())
        try await ledger.release(reservation.holdID)
        do {
            try await governor.chargeInFull(reservation)
            Issue.record("it was charged")
        } catch {
            #expect(error == .unknownHold)
        }
        #expect(try await governor.spent() == 0)
    }

    @Test("the journal takes no change, no deletion and no replacement")
    func appendOnly() async throws {
        try await governor.pay(Fixture.call(), tokens: 1)
        for statement in [
            "UPDATE journal SET spent_nano_usd = 0", "DELETE FROM journal",
            "INSERT OR REPLACE INTO journal SELECT * FROM journal", "UPDATE hold_budgets SET budget = 'x'",
            "DELETE FROM hold_budgets", "INSERT OR REPLACE INTO hold_budgets SELECT * FROM hold_budgets",
        ] {
            await #expect(throws: SQLiteStoreError.self) {
                try await store.commit { try $0.execute(sql: statement) }
            }
        }
    }

    @Test("a falsified counter is found, to the nano-dollar")
    func verifies() async throws {
        try await governor.pay(Fixture.call(), tokens: 12)
        #expect(try await governor.verify() == LedgerVerification(entries: 2, differences: []))
        try await store.commit { try $0.execute(sql: "UPDATE counters SET spent_nano_usd = 11") }
        let difference = try #require(try await governor.verify().differences.first)
        #expect(difference.amount == .spent && difference.budget == "daily")
        #expect(difference.counted == Money(nanoUSD: 11) && difference.journaled == Money(nanoUSD: 12))
        #expect(difference.periodStart == instant("2026-11-23T00:00:00Z"))
    }

    @Test("an unreadable ledger refuses and says so")
    func failsClosed() async throws {
        try await store.commit { try $0.execute(sql: "DROP TABLE counters") }
        await #expect {
            try await governor.outcome(Fixture.call())
        } throws: { error in
            guard case GovernorError.ledgerUnavailable(let reason) = error else { return false }
            return reason.contains(":memory:")
        }
    }

    @Test("a settlement that cannot be written leaves the bound charged")
    func settlementFails() async throws {
        let reservation = try await governor.held(Fixture.call())
        try await store.commit { try $0.execute(sql: "ALTER TABLE responses RENAME TO away") }
        do {
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: 1, outputTokens: 0), response: Data())
            Issue.record("it was settled")
        } catch {
            guard case .ledgerUnavailable = error else { throw error }
        }
        try await store.commit { try $0.execute(sql: "ALTER TABLE away RENAME TO responses") }
        #expect(try await governor.spent() == 40)
        #expect(try await governor.heldAmount() == 0)
    }

    private func kinds() async throws -> [String] {
        try await store.read { try String.fetchAll($0, sql: "SELECT kind FROM journal ORDER BY id") }
    }

    private func counter(_ start: String) async throws -> [Int64] {
        let start = try #require(instant(start))
        return try await store.read { database in
            try Row.fetchOne(
                database, sql: "SELECT spent_nano_usd, held_nano_usd FROM counters WHERE period_start_ms = ?",
                arguments: [Int64(start.timeIntervalSince1970 * 1000)]
            ).map { [$0[0], $0[1]] } ?? []
        }
    }
}

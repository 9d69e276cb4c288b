import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingSQLite
import TestSupport
import Testing

@Suite("Holds and what changes under them", .timeLimit(.minutes(1)))
struct OwnerTests {
    let clock = ManualClock("2026-11-23T10:00:00Z")

    @Test("a hold lives as long as its owner can be seen, and is an orphan the moment the owner is gone")
    func owners() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        let governor = Fixture.governor(try SQLiteLedger(store: store, now: clock.now))
        try await holdAndLeave(folder.path) { () async throws in
            clock.advance(seconds: 600)
            #expect(try await governor.outcome(Fixture.call()) == "in flight")
            #expect(try await governor.heldAmount() == 40)
        }
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.spent() == 40)
        #expect(try await governor.outcome(Fixture.call()) == "held")
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("a call is settled at the price that was in force when it was reserved")
    func priceChange() async throws {
        let (_, ledger) = try Fixture.memory(clock)
        var dearer = Fixture.price(nano: 3)
        dearer.from = try #require(instant("2026-11-23T10:00:30Z"))
        let governor = Fixture.governor(
            ledger, budgets: [Fixture.budget(limit: 300)], prices: [Fixture.price(), dearer])
        let reservation = try await governor.held(Fixture.call("a", bytes: 20))
        clock.advance(seconds: 30)
        let usage = TokenUsage(inputTokens: 10, outputTokens: 0)
        let before = try await governor.settle(reservation, usage: usage, response: Data())
        #expect(before.cost == Money(nanoUSD: 10))
        #expect(try await governor.pay(Fixture.call("b", bytes: 20), tokens: 10).cost == Money(nanoUSD: 30))
    }

    @Test("a limit below what is spent leaves nothing, and a raised one the rest")
    func limitChange() async throws {
        let (_, ledger) = try Fixture.memory(clock)
        try await Fixture.governor(ledger).pay(Fixture.call("a", bytes: 60), tokens: 60)
        let lowered = Fixture.governor(ledger, budgets: [Fixture.budget(limit: 50)])
        #expect(try await lowered.status().first?.remaining == .zero)
        #expect(try await !lowered.hasRoom(budget: "daily"))
        #expect(try await lowered.outcome(Fixture.call("b", bytes: 1)) == "refused by daily")
        let raised = Fixture.governor(ledger, budgets: [Fixture.budget(limit: 70)])
        #expect(try await raised.status().first?.remaining == Money(nanoUSD: 10))
        #expect(try await raised.outcome(Fixture.call("b", bytes: 10)) == "held")
    }

    @Test("errors say what to do")
    func errors() {
        #expect(
            "\(GovernorError.boundBreached(Fixture.model))"
                == "llama of bedrock in ap-south-1 has cost more than its bound and is refused;"
                + " raise the bound of its price in budgets/prices")
        #expect(
            "\(GovernorError.ledgerUnavailable(reason: "the disk is full"))"
                == "no call is paid for without the ledger: the disk is full")
    }

    /// Holds a call with a ledger that is gone when this returns, as if its process had ended.
    private func holdAndLeave(_ folder: String, meanwhile: () async throws -> Void) async throws {
        let other = try SQLiteLedger(store: .open(folder: folder, schemas: [SQLiteLedger.schema]), now: clock.now)
        let line = Fixture.budget()
        let admission = try await other.reserve(Fixture.call()) { instant throws(GovernorError) in
            HoldTerms(
                price: Fixture.price(), bound: Money(nanoUSD: 40),
                lines: [
                    BudgetLine(budget: line.name, period: line.period(containing: instant), limit: line.limit)
                ])
        }
        guard case .held = admission else { throw NotHeld() }
        try await meanwhile()
        withExtendedLifetime(other) {}
    }
}

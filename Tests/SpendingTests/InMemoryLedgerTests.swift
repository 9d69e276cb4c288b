import Spending
import SpendingCompat
import TestSupport
import Testing

@Suite("The ledger in memory", .timeLimit(.minutes(60)))
struct InMemoryLedgerTests {
    private let suite = SpendLedgerCompatTest { clock in
        let ledger = InMemoryLedger(now: clock.now)
        return { ledger.anotherOwner() }
    }

    @Test("keeps every promise of a ledger", arguments: SpendLedgerCompatTest.rules)
    func compat(rule: SpendLedgerCompatTest.Rule) async throws { try await rule.check(suite) }

    @Test("keeps every promise of a reader", arguments: SpendReaderCompatTest.rules)
    func reading(rule: SpendReaderCompatTest.Rule) async throws {
        try await rule.check(SpendReaderCompatTest { InMemoryLedger(now: $0.now) })
    }

    @Test("holds every invariant in random schedules")
    func schedules() async throws { try await suite.runSchedules(Campaign.isLong ? 20_000 : 2_000) }
}

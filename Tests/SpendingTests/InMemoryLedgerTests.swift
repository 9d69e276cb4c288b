import Spending
import SpendingCompat
import TestSupport
import Testing

@Suite("The ledger in memory", .timeLimit(.minutes(20)))
struct InMemoryLedgerTests {
    private let suite = SpendLedgerCompatTest { clock in
        let ledger = InMemoryLedger(now: clock.now)
        return { ledger.anotherOwner() }
    }

    @Test("keeps every promise of a ledger")
    func compat() async throws { try await suite.run() }

    @Test("keeps every promise of a reader")
    func reading() async throws { try await SpendReaderCompatTest { InMemoryLedger(now: $0.now) }.run() }

    @Test("holds every invariant in random schedules")
    func schedules() async throws { try await suite.runSchedules(Campaign.isLong ? 20_000 : 2_000) }
}

import CivilTime
import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import Synchronization
import TestSupport
import Testing

@Suite("The governor on an SQLite ledger", .timeLimit(.minutes(60)))
struct GovernorTests {
    let clock = ManualClock("2026-11-23T10:00:00Z")
    let store: SQLiteStore
    let ledger: SQLiteLedger
    let governor: CostGovernor

    init() throws {
        store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        ledger = try SQLiteLedger(store: store, now: clock.now)
        governor = SpendFixture.governor(ledger)
    }

    @Test("keeps every promise of a ledger, going by leases", arguments: SpendLedgerCompatTest.rules)
    func compat(rule: SpendLedgerCompatTest.Rule) async throws {
        try await rule.check(
            SpendLedgerCompatTest { clock in
                let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
                return { try SQLiteLedger(store: store, now: clock.now) }
            })
    }

    @Test(
        "keeps every promise of a ledger, in a file whose owners see each other",
        arguments: SpendLedgerCompatTest.rules)
    func compatWithOwners(rule: SpendLedgerCompatTest.Rule) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let count = Atomic(0)
        try await rule.check(
            SpendLedgerCompatTest { clock in
                let path = "\(folder.path)/\(count.add(1, ordering: .relaxed).newValue)"
                let store = try SQLiteStore.open(folder: path, schemas: [SQLiteLedger.schema])
                return { try SQLiteLedger(store: store, now: clock.now) }
            })
    }

    @Test("keeps every promise of a reader", arguments: SpendReaderCompatTest.rules)
    func reading(rule: SpendReaderCompatTest.Rule) async throws {
        try await rule.check(
            SpendReaderCompatTest { clock in
                try SQLiteLedger(store: .inMemory(schemas: [SQLiteLedger.schema]), now: clock.now)
            })
    }

    @Test("holds every invariant in random schedules, going by leases")
    func schedules() async throws {
        try await SpendLedgerCompatTest { clock in
            let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
            return { try SQLiteLedger(store: store, now: clock.now) }
        }.runSchedules(Campaign.isLong ? 4000 : 150)
    }

    @Test("holds every invariant in random schedules, in a file whose owners die before each other's eyes")
    func schedulesWithOwners() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let count = Atomic(0)
        try await SpendLedgerCompatTest { clock in
            let path = "\(folder.path)/\(count.add(1, ordering: .relaxed).newValue)"
            return {
                try SQLiteLedger(store: .open(folder: path, schemas: [SQLiteLedger.schema]), now: clock.now)
            }
        }.runSchedules(Campaign.isLong ? 1000 : 20)
    }

    @Test("the journal takes no change, no deletion and no replacement")
    func appendOnly() async throws {
        try await governor.pay(SpendFixture.call(), tokens: 1)
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
        try await governor.pay(SpendFixture.call(), tokens: 12)
        let sound = try await governor.verify()
        #expect(sound.isSound && sound.entries == 2)
        try await store.commit { try $0.execute(sql: "UPDATE counters SET spent_nano_usd = 11") }
        let difference = try #require(try await governor.verify().differences.first)
        #expect(difference.amount == .spent && difference.budget == "daily")
        #expect(difference.counted == Money(nanoUSD: 11) && difference.journaled == Money(nanoUSD: 12))
        #expect(difference.periodStart == instant("2026-11-23T00:00:00Z"))
    }

    @Test("a journal with a gap, and a hold that is not in it, are found though all sums agree")
    func findsGaps() async throws {
        for question in ["a", "b", "c"] {
            try await governor.chargeInFull(governor.held(SpendFixture.call(question, bytes: 0)))
        }
        let open = try await governor.held(SpendFixture.call("d", bytes: 0))
        #expect(try await governor.verify().isSound)
        try await store.commit {
            try $0.execute(sql: "DROP TRIGGER journal_no_delete; DELETE FROM journal WHERE id IN (3, 4)")
        }
        #expect(try await governor.verify().findings == [.entriesMissing(first: 3, count: 2)])
        try await store.commit { try $0.execute(sql: "DELETE FROM journal WHERE id = 7") }
        // The last entry leaves no gap.
        #expect(
            try await governor.verify().findings == [
                .entriesMissing(first: 3, count: 2), .holdsWithoutEntry(count: 1),
            ])
        _ = consume open
    }

    @Test("an unreadable ledger refuses and says so")
    func failsClosed() async throws {
        try await store.commit { try $0.execute(sql: "DROP TABLE counters") }
        await #expect {
            try await governor.outcome(SpendFixture.call())
        } throws: { error in
            guard case GovernorError.ledgerUnavailable(let reason) = error else { return false }
            return reason.contains(":memory:")
        }
    }

    @Test("a ledger that can be read but takes no holds is known as such until it takes one")
    func takesNoHolds() async throws {
        try await store.commit {
            try $0.execute(sql: "CREATE TRIGGER refusal BEFORE INSERT ON holds BEGIN SELECT raise(ABORT, 'no'); END")
        }
        await #expect(throws: GovernorError.self) { try await governor.outcome(SpendFixture.call()) }
        _ = try await governor.status()
        #expect(governor.ledgerFailure?.description.contains(":memory:") == true)
        try await store.commit { try $0.execute(sql: "DROP TRIGGER refusal") }
        _ = try await governor.outcome(SpendFixture.call())
        #expect(governor.ledgerFailure == nil)
    }

    @Test("a settlement that cannot be written leaves the bound charged")
    func settlementFails() async throws {
        let reservation = try await governor.held(SpendFixture.call())
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
}

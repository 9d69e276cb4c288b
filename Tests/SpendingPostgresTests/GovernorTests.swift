import Foundation
import FunctionKit
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import TestSupport
import Testing

@Suite("The governor on a PostgreSQL ledger", .timeLimit(.minutes(60)))
struct GovernorTests {
    /// An empty ledger, in a schema of its own.
    private static func client() async throws -> PostgresClient {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration())
        try await client.migrate([PostgresLedger.schema])
        return client
    }

    @Test("keeps every promise of a ledger", arguments: SpendLedgerCompatTest.rules)
    func compat(rule: SpendLedgerCompatTest.Rule) async throws {
        try await rule.check(
            SpendLedgerCompatTest { clock in
                let client = try await Self.client()
                return { PostgresLedger(client: client, clock: .given(clock.now)) }
            })
    }

    @Test("keeps every promise of a reader", arguments: SpendReaderCompatTest.rules)
    func readerCompat(rule: SpendReaderCompatTest.Rule) async throws {
        try await rule.check(
            SpendReaderCompatTest { clock in
                PostgresLedger(client: try await Self.client(), clock: .given(clock.now))
            })
    }

    @Test("holds every invariant in random schedules")
    func schedules() async throws {
        try await SpendLedgerCompatTest { clock in
            let client = try await Self.client()
            return { PostgresLedger(client: client, clock: .given(clock.now)) }
        }.runSchedules(Campaign.isLong ? 400 : 20)
    }

    @Test("the journal takes no change, no deletion and no truncation")
    func appendOnly() async throws {
        let client = try await Self.client()
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        try await governor.pay(SpendFixture.call(), tokens: 1)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: Date(timeIntervalSinceNow: 600), reason: "a test")
        for table in ["journal", "hold_budgets", "raises"] {
            for statement in ["UPDATE \(table) SET limit_nano_usd = 0", "DELETE FROM \(table)", "TRUNCATE \(table)"] {
                let sql = table == "journal" ? statement.replacing("limit_nano_usd", with: "spent_nano_usd") : statement
                await #expect {
                    try await client.run(PostgresStatement(sql))
                } throws: { error in
                    (error as? PostgresError)?.state == SQLState(rawValue: "23001")
                }
            }
        }
    }

    @Test("a falsified counter is found, to the nano-dollar")
    func verifies() async throws {
        let client = try await Self.client()
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        try await governor.pay(SpendFixture.call(), tokens: 12)
        let sound = try await governor.verify()
        #expect(sound.isSound && sound.entries == 2)
        try await client.run(PostgresStatement("UPDATE counters SET spent_nano_usd = 11"))
        let difference = try #require(try await governor.verify().differences.first)
        #expect(difference.amount == .spent && difference.budget == "daily")
        #expect(difference.counted == Money(nanoUSD: 11) && difference.journaled == Money(nanoUSD: 12))
    }

    @Test("goes by the server's clock, and never back behind the last entry")
    func serverClock() async throws {
        let client = try await Self.client()
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        try await governor.pay(SpendFixture.call("a", bytes: 1), tokens: 1)
        let entries = try await JournalReplay(of: governor).entries
        #expect(abs(try #require(entries.last).at.timeIntervalSinceNow) < 60)
        let ahead = Date(timeIntervalSinceNow: 3600)
        let other = SpendFixture.governor(PostgresLedger(client: client, clock: .given { ahead }))
        try await other.pay(SpendFixture.call("b", bytes: 1), tokens: 1)
        try await governor.pay(SpendFixture.call("c", bytes: 1), tokens: 1)
        let instants = try await JournalReplay(of: governor).entries.map(\.at)
        #expect(instants == instants.sorted() && instants.count == 6)
        #expect(abs(try #require(instants.last).timeIntervalSince(ahead)) < 0.002)
    }

    @Test("opens no period that has not begun by this machine's clock, and goes on in one that is open")
    func leap() async throws {
        let client = try await Self.client()
        let (server, machine) = (ManualClock(), ManualClock())
        func governor(_ machine: ManualClock) -> CostGovernor {
            let clock = LedgerClock.givenBoth(ledger: server.now, machine: machine.now)
            return SpendFixture.governor(PostgresLedger(client: client, clock: clock))
        }
        let host = governor(machine)
        try await host.pay(SpendFixture.call("a", bytes: 1), tokens: 1)
        let spent = try #require(try await host.status().first).spent
        // As after a fail-over to a server whose clock is wrong.
        let before = server.now()
        server.advance(seconds: 400 * 86_400)
        let error = await #expect(throws: GovernorError.self) {
            try await host.pay(SpendFixture.call("b", bytes: 1), tokens: 1)
        }
        #expect(error == .clocksDisagree(ledger: server.now(), machine: machine.now()))
        #expect("\(try #require(error))".contains("sluice budget clock accept"))
        // Back in the true day, that goes on where it was.
        server.advance(seconds: -400 * 86_400)
        #expect(server.now() == before)
        #expect(try #require(try await host.status().first).spent == spent)
        try await host.pay(SpendFixture.call("c", bytes: 1), tokens: 1)
        #expect(try #require(try await host.status().first).spent > spent)
        // A host whose clock is wrong goes on by the ledger's where a period is open, and opens none.
        let wrong = ManualClock()
        wrong.advance(seconds: -3 * 86_400)
        let late = governor(wrong)
        try await late.pay(SpendFixture.call("d", bytes: 1), tokens: 1)
        server.advance(seconds: 86_400)
        machine.advance(seconds: 86_400)
        await #expect(throws: GovernorError.self) {
            try await late.pay(SpendFixture.call("e", bytes: 1), tokens: 1)
        }
        try await host.pay(SpendFixture.call("f", bytes: 1), tokens: 1)
        try await late.pay(SpendFixture.call("g", bytes: 1), tokens: 1)
    }

    @Test("a ledger that a leap has carried off opens no period until somebody sets it back")
    func leapBack() async throws {
        let client = try await Self.client()
        let (server, machine) = (ManualClock(), ManualClock())
        let host = SpendFixture.governor(
            PostgresLedger(client: client, clock: .givenBoth(ledger: server.now, machine: machine.now)))
        try await host.pay(SpendFixture.call("paid", bytes: 1), tokens: 1)
        let reservation = try await host.held(SpendFixture.call("a", bytes: 1))
        server.advance(seconds: 400 * 86_400)
        // The end of a call under way is written, and with it the ledger's time.
        try await host.chargeInFull(reservation)
        server.advance(seconds: -400 * 86_400)
        let error = await #expect(throws: GovernorError.self) {
            try await host.pay(SpendFixture.call("b", bytes: 1), tokens: 1)
        }
        guard case .clocksDisagree = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await host.ledger.forgetResponses(olderThan: .seconds(30 * 86_400)) == 0)
        #expect(try await host.outcome(SpendFixture.call("paid", bytes: 1)) == "settled")
        _ = try await host.acceptClock(by: "a person", reason: "the server's clock was wrong")
        let spent = try #require(try await host.status().first).spent
        #expect(spent > .zero)
        try await host.pay(SpendFixture.call("c", bytes: 1), tokens: 1)
        #expect(try #require(try await host.status().first).spent > spent)
    }

    @Test("a value that PostgreSQL refuses fails its own call, and no neighbour's")
    func badValue() async throws {
        let client = try await Self.client()
        let governor = SpendFixture.governor(
            PostgresLedger(client: client), budgets: [SpendFixture.budget(limit: 1000)])
        let outcomes = await withTaskGroup(of: String.self) { group in
            for number in 0..<50 {
                group.addTask {
                    // A name that the governor itself does not look at.
                    let digest = number == 20 ? "zero\0" : "d"
                    // One that it refuses for every ledger.
                    let question = number == 30 ? "zero\0" : "q\(number)"
                    do {
                        return try await governor.outcome(SpendFixture.call(question, digest: digest, bytes: 1))
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
        }
        // Neither is taken for a ledger that is away, which would be waited for again and again.
        #expect(outcomes == ["held": 48, GovernorError.unstorable.description: 2])
        #expect(try await governor.verify().differences.isEmpty)
    }

    @Test("budgets in any order keep nobody waiting for anybody else")
    func manyBudgets() async throws {
        let client = try await Self.client()
        let budgets = (0..<8).map { SpendFixture.budget("b\($0)", limit: 1_000_000) }
        let governors = (0..<4).map { owner in
            SpendFixture.governor(
                PostgresLedger(client: client), budgets: owner.isMultiple(of: 2) ? budgets : budgets.reversed())
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await governors[number % 4].pay(SpendFixture.call("q\(number)", bytes: 5), tokens: 3)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await governors[0].status().map(\.spent.nanoUSD) == Array(repeating: 600, count: 8))
        let sound = try await governors[0].verify()
        #expect(sound.isSound && sound.entries == 400)
    }
}

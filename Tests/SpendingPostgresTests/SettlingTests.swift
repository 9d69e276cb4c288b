import Foundation
import FunctionKit
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import TestSupport
import Testing

@Suite("The end of a hold in PostgreSQL", .timeLimit(.minutes(2)))
struct SettlingTests {
    private func client(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresClient {
        var configuration = try await PostgresTestServer.shared().configuration()
        change(&configuration)
        let client = PostgresClient(configuration)
        try await client.migrate([PostgresLedger.schema])
        return client
    }

    @Test(
        "is tried again after time-outs of locks and statements and a lost session, also by a cancelled task",
        arguments: [
            // A statement's is long enough for whatever else is done meanwhile on a machine that is busy.
            (lock: Duration.milliseconds(100), statement: Duration.seconds(20), blocked: 0.3),
            (lock: .seconds(20), statement: .seconds(2), blocked: 2.5),
        ])
    func insists(lock: Duration, statement: Duration, blocked seconds: Double) async throws {
        let client = try await client { ($0.lockTimeout, $0.statementTimeout) = (lock, statement) }
        var patient = client.configuration
        (patient.lockTimeout, patient.statementTimeout) = (.seconds(20), .seconds(60))
        let locker = PostgresClient(patient, connectionsMax: 1)
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1000)])
        for way in ["settle", "charge", "release"] {
            let (blocked, tell) = AsyncStream.makeStream(of: Void.self)
            let (isHeld, held) = AsyncStream.makeStream(of: Void.self)
            let ending = Task {
                let reservation = try await governor.held(SpendFixture.call(way, bytes: 40))
                held.yield()
                for await _ in blocked.prefix(1) {}
                switch way {
                case "settle":
                    _ = try await governor.settle(
                        reservation, usage: TokenUsage(inputTokens: 3, outputTokens: 0), response: Data("a".utf8),
                        patience: { .seconds(60) })
                case "charge": try await governor.chargeInFull(reservation, patience: { .seconds(60) })
                default: try await governor.release(reservation, patience: { .seconds(60) })
                }
            }
            for await _ in isHeld.prefix(1) {}
            try await locker.withTransaction { connection in
                try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
                tell.yield()
                try await PostgresTestServer.untilBlocked(by: connection)
                if way == "settle" {
                    try await connection.run(
                        PostgresStatement(
                            """
                            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE pid <> pg_backend_pid() AND application_name = $1
                            """, [.text("\(client.configuration.applicationName)-ledger")]))
                }
                ending.cancel()
                // Longer than a lock, or a statement, is waited for.
                try await connection.run(
                    PostgresStatement("SELECT FROM pg_sleep($1::text::float8)", [.text("\(seconds)")]))
            }
            try await ending.value
        }
        #expect(try await governor.spent() == 43)
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.outcome(SpendFixture.call("settle", bytes: 40)) == "settled")
        let kinds = try await governor.journalKinds()
        #expect(kinds == ["reserve", "settle", "reserve", "charge", "reserve", "release"])
        #expect(try await governor.verify().isSound)
        await ledger.close()
        await client.close()
        await locker.close()
    }

    @Test("is tried again beyond its lease while no transaction comes through, and so paid by its count alone")
    func beyondLease() async throws {
        let client = try await client { $0.lockTimeout = .milliseconds(50) }
        let ledger = PostgresLedger(client: client, lease: .milliseconds(200))
        let governor = SpendFixture.governor(ledger)
        let reservation = try await governor.held(SpendFixture.call(bytes: 40))
        let (isBlocked, blocked) = AsyncStream.makeStream(of: Void.self)
        async let locking: Void = client.withTransaction { connection in
            try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
            blocked.yield()
            // Longer than the lease.
            try await connection.run(PostgresStatement("SELECT FROM pg_sleep(0.6)"))
        }
        for await _ in isBlocked.prefix(1) {}
        _ = try await governor.settle(
            reservation, usage: TokenUsage(inputTokens: 3, outputTokens: 0), response: Data("a".utf8),
            patience: { .seconds(60) })
        try await locking
        #expect(try await governor.spent() == 3)
        #expect(try await governor.outcome(SpendFixture.call(bytes: 40)) == "settled")
        #expect(try await governor.verify().isSound)
        await ledger.close()
        await client.close()
    }

    @Test("is given up with the caller's patience")
    func patience() async throws {
        let client = try await client { $0.lockTimeout = .milliseconds(50) }
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        var left: Reservation? = try await governor.held(SpendFixture.call())
        try await client.withTransaction { connection in
            try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
            guard let reservation = left.take() else { return }
            let start = ContinuousClock.now
            do {
                try await governor.chargeInFull(reservation, patience: { .milliseconds(300) - (.now - start) })
                Issue.record("it was charged")
            } catch {
                #expect("\(error)".hasSuffix("another transaction kept a lock for too long; try again, SQLSTATE 55P03"))
            }
        }
        #expect(try await governor.spent() == 40)
    }

    @Test("is taken from its owner alone, and for its call alone, also where another's hold has its number")
    func ownersAlone() async throws {
        let client = try await client()
        let (mine, others) = (PostgresLedger(client: client), PostgresLedger(client: client))
        let budgets = [SpendFixture.budget(limit: 1000)]
        let (first, second) = (
            SpendFixture.governor(mine, budgets: budgets), SpendFixture.governor(others, budgets: budgets)
        )
        let (call, otherCall) = (SpendFixture.call("a"), SpendFixture.call("b"))
        let a = try await first.held(call)
        let b = try await second.held(otherCall)
        let (aID, bID) = (a.holdID, b.holdID)
        let settlement = Settlement(
            cost: Money(nanoUSD: 1), model: call.model, usage: TokenUsage(inputTokens: 1, outputTokens: 0),
            countedBy: .body, requestID: nil, response: Data())
        for ledger in [mine, others] {
            let (id, foreign) = ledger === mine ? (bID, otherCall) : (aID, call)
            #expect(
                await failure(as: GovernorError.self) {
                    try await ledger.settle(id, of: foreign, settlement: settlement)
                } == .unknownHold)
            #expect(
                await failure(as: GovernorError.self) { try await ledger.chargeInFull(id, of: foreign.id) }
                    == .unknownHold)
            #expect(
                await failure(as: GovernorError.self) { try await ledger.release(id, of: foreign.id) } == .unknownHold)
            ledger.abandon(id)
        }
        // For another call than its own.
        #expect(
            await failure(as: GovernorError.self) { try await mine.settle(aID, of: otherCall, settlement: settlement) }
                == .unknownHold)
        // A ledger that fell back gave the number to another's hold.
        try await client.run(PostgresStatement("UPDATE holds SET owner = 'another' WHERE hold_id = \(bID)"))
        #expect(
            await failure(as: GovernorError.self) { try await others.release(bID, of: otherCall.id) } == .unknownHold)
        #expect(try await first.heldAmount() == 80)
        #expect(try await first.spent() == 0)
        #expect(
            await failure(as: GovernorError.self) { try await mine.settle(aID, of: call, settlement: settlement) }
                == nil)
        // Both live until here.
        try? await first.release(a)
        try? await second.release(b)
    }

    @Test("leaves no row of a dead owner a day later, and stored responses as long as was asked")
    func deadOwners() async throws {
        let client = try await client()
        let clock = ManualClock("2026-11-23T10:00:00Z")
        let ledger = PostgresLedger(client: client, clock: .given(clock.now))
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1000)])
        try await governor.pay(SpendFixture.call("paid"), tokens: 1)
        let dead = SpendFixture.governor(
            PostgresLedger(client: client, clock: .given(clock.now)), budgets: [SpendFixture.budget(limit: 1000)])
        let reservation = try await dead.held(SpendFixture.call("dead"))
        func rows(_ table: String) async throws -> Int {
            try await client.run(PostgresStatement("SELECT count(*) FROM \(table)")).rows[0].get(0)
        }
        clock.set("2026-11-23T11:00:00Z")
        #expect(try await governor.spent() == 41)
        // Its owner may be alive after all.
        #expect(try await ledger.forgetResponses(olderThan: .seconds(86_400)) == 0)
        #expect(try await rows("holds") == 1)
        clock.set("2026-11-24T10:02:00Z")
        #expect(try await ledger.forgetResponses(olderThan: .seconds(86_400)) == 1)
        #expect(try await rows("holds") == 0)
        do {
            try await dead.chargeInFull(reservation)
            Issue.record("it was charged")
        } catch { #expect(error == .unknownHold) }
        #expect(try await governor.verify().isSound)
    }
}

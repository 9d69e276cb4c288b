import Foundation
import FunctionKit
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import Synchronization
import TestSupport
import Testing

/// What goes wrong with a server, each on a server of its own.
@Suite("A ledger whose server is in trouble", .timeLimit(.minutes(5)), .serialized)
struct TroubleTests {
    private func governor(
        _ configuration: PostgresConfiguration, limit: Int64 = 1_000_000, waitMax: Duration = .seconds(20)
    ) async throws -> (CostGovernor, PostgresClient) {
        var patient = configuration
        (patient.statementTimeout, patient.answerTimeout) = (.seconds(60), .seconds(60))
        (patient.connectTimeout, patient.idleInTransactionTimeout) = (.seconds(60), .seconds(60))
        try await PostgresClient(patient).migrate([PostgresLedger.schema])
        let client = PostgresClient(configuration, waitMax: waitMax)
        return (
            SpendFixture.governor(
                PostgresLedger(client: client), budgets: [SpendFixture.budget("monthly", limit: limit, length: .month)]),
            client
        )
    }

    /// The reason of a ledger that cannot be used.
    private func reason(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "none"
        } catch GovernorError.ledgerUnavailable(let reason) {
            return reason
        } catch {
            return "another error"
        }
    }

    @Test("a wrong password, role, database or port is said at once, without the password")
    func wrongAccess() async throws {
        let server = try await PostgresTestServer.shared()
        func reason(_ configuration: PostgresConfiguration) async -> String {
            let client = PostgresClient(configuration, waitMax: .milliseconds(200))
            let governor = SpendFixture.governor(PostgresLedger(client: client))
            return await self.reason { _ = try await governor.outcome(SpendFixture.call()) }
        }
        let place = "cannot connect to PostgreSQL at 127.0.0.1:\(server.port), database"
        #expect(
            await reason(server.configuration(password: "secret-of-mine"))
                == "\(place) postgres: the password is wrong, SQLSTATE 28P01")
        #expect(
            await reason(server.configuration(database: "nowhere"))
                == "\(place) nowhere: there is no such database; create it or name another, SQLSTATE 3D000")
        var away = server.configuration()
        away.port = 1
        let refused = await reason(away)
        #expect(refused.hasPrefix("cannot connect to PostgreSQL at 127.0.0.1:1, database postgres: "))
        #expect(refused.hasSuffix("Connection refused"))
        away.host = "no-such-host.invalid"
        #expect(
            await reason(away)
                == "cannot connect to PostgreSQL at no-such-host.invalid:1, database postgres: there is no such host")
        // Tables that are not there.
        let missing = await reason(server.configuration())
        #expect(missing.hasSuffix("deploy/postgres/roles.sql after a restore, SQLSTATE 42P01"))
    }

    @Test("a server that is killed and started again, again and again, costs no call twice and loses none")
    func killed() async throws {
        let server = try await PostgresTestServer()
        let configuration = server.configuration()
        let (governor, client) = try await governor(configuration)
        let isOver = Flag()
        let (progress, tell) = AsyncStream.makeStream(of: Void.self)
        let paid = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var paid: [String] = []
                    var number = 0
                    while !isOver.isSet {
                        let question = "\(worker)-\(number)"
                        number += 1
                        do {
                            try await governor.pay(SpendFixture.call(question, bytes: 10), tokens: 7)
                            paid.append(question)
                        } catch let error as GovernorError {
                            // Refused because the ledger was away: nobody may have thought it paid.
                            guard case .ledgerUnavailable = error else { throw error }
                        }
                        tell.yield()
                    }
                    return paid
                }
            }
            for round in 0..<(Campaign.isLong ? 20 : 4) {
                for await _ in progress.prefix(40) {}
                if round.isMultiple(of: 2) { await server.kill() } else { await server.stop() }
                try await server.start()
            }
            for await _ in progress.prefix(40) {}
            isOver.set()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(paid.count > 100)
        // When the leases of what was in doubt have ended.
        let afterwards = SpendFixture.governor(
            PostgresLedger(client: client, clock: .given { Date(timeIntervalSinceNow: 100) }),
            budgets: [SpendFixture.budget("monthly", limit: 1_000_000, length: .month)])
        #expect(try await afterwards.heldAmount() == 0)
        #expect(try await afterwards.verify().differences.isEmpty)
        let journal = try await JournalReplay(of: afterwards)
        journal.expectWithinLimits()
        journal.expectEachChargedOnce()
        let settled = journal.entries.filter { $0.kind == .settle }.map(\.call.questionID)
        #expect(Set(paid).isSubset(of: settled))
        #expect(Set(settled).count == settled.count)
        await server.stop()
    }

    @Test("a frozen server is given up within its time, and used again when it wakes")
    func frozen() async throws {
        let server = try await PostgresTestServer()
        var configuration = server.configuration()
        configuration.answerTimeout = .seconds(2)
        configuration.connectTimeout = .seconds(2)
        let (governor, _) = try await governor(configuration, waitMax: .milliseconds(100))
        try await governor.pay(SpendFixture.call("a", bytes: 10), tokens: 7)
        server.freeze(true)
        let reason = await reason { _ = try await governor.outcome(SpendFixture.call("b", bytes: 10)) }
        server.freeze(false)
        #expect(reason.contains("127.0.0.1:\(server.port), database postgres"))
        #expect(try await governor.outcome(SpendFixture.call("b", bytes: 10)) == "held")
        #expect(try await governor.spent() == 7)
        await server.stop()
    }

    @Test("who gives up a call while the server is busy is told at once, and nothing stays held")
    func givenUp() async throws {
        let (governor, client) = try await governor(try await PostgresTestServer.shared().configuration())
        _ = try await governor.open()
        try await client.withTransaction { connection in
            try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
            let call = Task { await reason { _ = try await governor.held(SpendFixture.call("a", bytes: 10)) } }
            try await PostgresTestServer.untilBlocked(by: connection)
            call.cancel()
            let given = "\(client.configuration.server) did not answer before the time was up"
            #expect(await call.value == given)
        }
        // What is under way has ended then.
        await (governor.ledger as? PostgresLedger)?.close()
        let (later, _) = try await self.governor(client.configuration)
        #expect(try await later.heldAmount() == 0)
        #expect(try await later.spent() == 0)
        let kinds = try await later.ledger.journal(after: 0, atMost: 10).map(\.kind)
        #expect(kinds == [.reserve, .release])
        #expect(try await later.verify().differences.isEmpty)
    }

    @Test("a host that is frozen within a transaction is put out by the server, and others go on")
    func frozenHost() async throws {
        var configuration = try await PostgresTestServer.shared().configuration()
        configuration.idleInTransactionTimeout = .seconds(2)
        let (governor, client) = try await governor(configuration)
        try await client.withConnection { connection in
            // As a host would that stops between its reading and its writing.
            try await connection.run(PostgresStatement("BEGIN"))
            try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
            try await governor.pay(SpendFixture.call("a", bytes: 10), tokens: 7)
            await #expect(throws: PostgresError.connectionLost(server: configuration.server)) {
                try await connection.run(PostgresStatement("SELECT 1"))
            }
        }
        #expect(try await governor.spent() == 7)
    }

    @Test("a lock that takes too long ends by the statement's timeout, with nothing held")
    func statementTimeout() async throws {
        var configuration = try await PostgresTestServer.shared().configuration()
        configuration.statementTimeout = .seconds(2)
        let (governor, client) = try await governor(configuration)
        try await client.withTransaction { connection in
            try await connection.run(PostgresStatement("SELECT 1 FROM ledger_head FOR UPDATE"))
            let reason = await reason { _ = try await governor.held(SpendFixture.call("a", bytes: 10)) }
            #expect(reason.hasSuffix("refused: it took longer than the statement timeout, SQLSTATE 57014"))
        }
        #expect(try await governor.outcome(SpendFixture.call("a", bytes: 10)) == "held")
        #expect(try await governor.heldAmount() == 0)
    }

    @Test("a server without connections says so, and serves when there are some again")
    func connectionLimit() async throws {
        let server = try await PostgresTestServer(
            settings: ["max_connections": "8", "superuser_reserved_connections": "0", "max_wal_senders": "0"])
        let configuration = server.configuration()
        let (governor, client) = try await governor(configuration, waitMax: .milliseconds(200))
        await client.close()
        let greedy = PostgresClient(configuration, connectionsMax: 8)
        try await occupy(greedy, count: 8) {
            let reason = await reason { _ = try await governor.outcome(SpendFixture.call("a", bytes: 10)) }
            #expect(
                reason.hasSuffix(
                    "it has no connection left; raise max_connections or use smaller pools, SQLSTATE 53300"))
        }
        await greedy.close()
        #expect(try await governor.outcome(SpendFixture.call("a", bytes: 10)) == "held")
        await server.stop()
    }

    private func occupy(_ client: PostgresClient, count: Int, _ body: () async throws -> Void) async throws {
        guard count > 0 else { return try await body() }
        try await client.withConnection { _ in try await occupy(client, count: count - 1, body) }
    }

    @Test("a full disk refuses to hold, charges in full what it could not settle, and nothing is half-written")
    func fullDisk() async throws {
        let server = try await PostgresTestServer()
        // A tablespace alone is small: where the log cannot be written the server ends itself.
        let disk = try await SmallDisk(mebibytes: 24, user: "postgres")
        let client = PostgresClient(server.configuration(), connectionsMax: 1)
        for statement in [
            "CREATE TABLESPACE small LOCATION '\(disk.folder)'", "CREATE DATABASE full_disk TABLESPACE small",
        ] { try await client.run(PostgresStatement(statement, isPrepared: false)) }
        let (governor, full) = try await governor(server.configuration(database: "full_disk"))
        let reservation = try await governor.held(SpendFixture.call("a", bytes: 40))
        try await full.run(PostgresStatement("CREATE TABLE public.filler (bytes bytea)"))
        for size in [1_000_000, 100_000, 1000] {
            await #expect {
                while true {
                    try await full.run(
                        PostgresStatement(
                            "INSERT INTO public.filler SELECT string_agg(sha512(n::text::bytea), '') FROM generate_series(1, $1) n",
                            [.int8(size / 64)]))
                }
            } throws: { ($0 as? PostgresError)?.state == .diskFull }
        }
        do {
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: 1, outputTokens: 0),
                response: Data((0..<500_000).map { _ in UInt8.random(in: 0...255) }))
            Issue.record("it was settled")
        } catch {
            #expect("\(error)".hasSuffix("database full_disk refused: its disk is full, SQLSTATE 53100"))
        }
        var refused = "none"
        for number in 0..<5000 where refused == "none" {
            refused = await reason {
                try await governor.chargeInFull(governor.held(SpendFixture.call("b\(number)", bytes: 0)))
            }
        }
        #expect(refused.hasSuffix("database full_disk refused: its disk is full, SQLSTATE 53100"))
        try await disk.grow(mebibytes: 48)
        #expect(try await governor.spent() == 40)
        #expect(try await governor.heldAmount() == 0)
        #expect(try await governor.verify().differences.isEmpty)
        await server.stop()
        try await disk.remove()
    }
}

/// Said once, for all tasks.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}

import Foundation
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
        let client = PostgresClient(configuration, waitMax: waitMax)
        try await client.migrate([PostgresLedger.schema])
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
        #expect(refused.contains("refused"))
        away.host = "no-such-host.invalid"
        #expect(
            await reason(away)
                == "cannot connect to PostgreSQL at no-such-host.invalid:1, database postgres: there is no such host")
        // Tables that are not there.
        let missing = await reason(server.configuration())
        #expect(missing.hasSuffix("the statement does not fit the tables; run the migrations, SQLSTATE 42P01"))
    }

    @Test("a server that is killed and started again, again and again, costs no call twice and loses none")
    func killed() async throws {
        let server = try await PostgresTestServer()
        let configuration = server.configuration()
        let (governor, client) = try await governor(configuration)
        let isOver = Atomic(false)
        let (progress, tell) = AsyncStream.makeStream(of: Void.self)
        let paid = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var paid: [String] = []
                    var number = 0
                    while !isOver.load(ordering: .relaxed) {
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
            isOver.store(true, ordering: .relaxed)
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
        configuration.answerTimeout = .milliseconds(300)
        configuration.connectTimeout = .milliseconds(300)
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

    @Test("a host that is frozen within a transaction is put out by the server, and others go on")
    func frozenHost() async throws {
        var configuration = try await PostgresTestServer.shared().configuration()
        configuration.idleInTransactionTimeout = .milliseconds(200)
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
        configuration.statementTimeout = .milliseconds(200)
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
}

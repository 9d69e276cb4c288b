import Foundation
import PostgresTestServer
import TestSupport
import Testing

@testable import Postgres

@Suite("A pooler before PostgreSQL", .timeLimit(.minutes(2)))
struct PoolerTests {
    @Test("with a session for each client is as good as the server itself, whatever it does to the start's settings")
    func sessions() async throws {
        let server = try await PostgresTestServer.shared()
        for settings in [[:], ["ignore_startup_parameters": "options", "server_reset_query": ""]] {
            let pooler = try await PgBouncerTestServer(before: server, mode: "session", settings: settings)
            let configuration = pooler.configuration(server.configuration(schema: "sluice"))
            // The second comes into sessions that the first has left.
            for _ in 0..<2 {
                let client = PostgresClient(configuration.forLookups("test"), connectionsMax: 3)
                try await client.requireOwnSessions()
                let found = try await client.run(
                    PostgresStatement(
                        """
                        SELECT current_setting('search_path'), current_setting('statement_timeout'),
                            current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
                            current_setting('enable_seqscan')
                        """)
                ).rows[0]
                #expect(try (0..<5).map { try found.get($0) } == ["sluice", "30s", "15s", "10s", "off"])
                let heard = try await client.withNotifications(on: "news") { stream in
                    try await client.run(PostgresStatement("SELECT pg_notify('news', 'new')"))
                    return await stream.prefix(1).reduce(into: [String]()) { $0.append($1.payload) }
                }
                #expect(heard == ["new"])
                let sums = try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<60 {
                        group.addTask {
                            try await client.withTransaction { connection in
                                let text = "SELECT $1::int8 + \(number % 7)"
                                return try await connection.run(PostgresStatement(text, [.int8(number)])).rows[0].get(0)
                            }
                        }
                    }
                    return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                }
                #expect(sums == Set((0..<60).map { $0 + $0 % 7 }))
                await client.close()
            }
            await pooler.stop()
        }
    }

    @Test("that has no place for a further session keeps nobody waiting for longer than the others need theirs")
    func growth() async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: "session", settings: ["default_pool_size": "1"])
        var configuration = pooler.configuration(server.configuration())
        configuration.connectTimeout = .seconds(20)
        let client = PostgresClient(configuration, connectionsMax: 4, waitMax: .seconds(40))
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try await client.run(PostgresStatement("SELECT pg_sleep(0.1)")) }
            }
            try await group.waitForAll()
        }
        #expect(.now - start < configuration.connectTimeout / 2)
        await pooler.stop()
        await client.close()
    }

    @Test(
        "that shares sessions is refused at the start, by its setting's name, and nothing of ours stays behind",
        arguments: [
            ("transaction", [:]), ("transaction", ["server_round_robin": "1"]),
            ("transaction", ["default_pool_size": "1"]), ("statement", [:]),
        ])
    func shared(mode: String, settings: [String: String]) async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(before: server, mode: mode, settings: settings)
        let name = "pooled_\(mode)_\(settings.keys.joined())"
        _ = try await server.makeDatabase(name)
        var configuration = pooler.configuration(server.configuration(database: name))
        configuration.connectTimeout = .seconds(2)
        // Sessions that are there already, as in a pool that others use.
        let others = try await [PostgresConnection.make(configuration), PostgresConnection.make(configuration)]
        for other in others { await other.close() }
        let client = PostgresClient(configuration, waitMax: .seconds(1))
        let error = await failure(as: PostgresError.self) { try await client.requireOwnSessions() }
        let shares =
            mode == "statement" ? "each statement another session, and no transactions" : "each transaction another"
        #expect(
            error?.description.hasPrefix(
                "PostgreSQL at 127.0.0.1:\(pooler.port), database \(name) cannot be worked with: a pooler before it gives "
                    + shares) == true, "\(error as Any)")
        #expect(error?.description.contains("pool_mode = session") == true)
        let left = try await PostgresConnection.make(configuration)
        let path = PostgresStatement("SELECT current_setting('search_path')", isPrepared: false)
        #expect(try await left.run(path).rows[0].get(0) == "\"$user\", public")
        await left.close()
        await client.close()
        await pooler.stop()
    }

    @Test("that begins to share sessions later is noticed before a statement runs in another's")
    func sharedLater() async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(before: server, mode: "transaction")
        let configuration = pooler.configuration(server.configuration())
        let first = try await PostgresConnection.open(configuration)
        // The one free process is taken away from the first.
        let second = try await PostgresConnection.make(configuration)
        try await second.run(PostgresStatement("BEGIN", isPrepared: false))
        let error = await failure(as: PostgresError.self) {
            try await first.run(PostgresStatement("CREATE TABLE public.never (n int8)", isPrepared: false))
        }
        #expect(error == PostgresSession.lost(by: configuration))
        await first.close()
        await second.close()
        let client = PostgresClient(server.configuration())
        let table = try await client.run(PostgresStatement("SELECT to_regclass('public.never') IS NULL")).rows[0]
        #expect(try table.get(0))
        await client.close()
        await pooler.stop()
    }

    @Test("with few places is used with fewer connections, and with none it says so in time")
    func places() async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: "session", settings: ["default_pool_size": "2"])
        var configuration = pooler.configuration(server.configuration())
        configuration.connectTimeout = .seconds(1)
        let client = PostgresClient(configuration, connectionsMax: 4, waitMax: .seconds(10))
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await client.run(PostgresStatement("SELECT $1::int8 FROM pg_sleep(0.02)", [.int8(number)]))
                        .rows[0]
                        .get(0)
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 190)
        let other = PostgresClient(configuration, connectionsMax: 1, waitMax: .zero)
        let error = await failure(as: PostgresError.self) { try await other.run(PostgresStatement("SELECT 1")) }
        #expect(error == .noSession(server: configuration.server, within: .seconds(1)))
        #expect(error?.description.contains("default_pool_size") == true)
        // Whoever starts meanwhile waits for places to come free, also when it has tried before.
        let starting = PostgresClient(configuration, waitMax: .seconds(20))
        async let started: Void = starting.requireOwnSessions()
        for _ in 0..<2 {
            _ = await failure(as: PostgresError.self) { try await other.run(PostgresStatement("SELECT 1")) }
        }
        await client.close()
        try await started
        await starting.close()
        await other.close()
        await pooler.stop()
    }
}

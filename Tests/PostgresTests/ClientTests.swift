import Foundation
import PostgresTestServer
import TestSupport
import Testing

@testable import Postgres

@Suite("The client of PostgreSQL", .timeLimit(.minutes(2)))
struct ClientTests {
    private func client(
        connectionsMax: Int = 2, waitMax: Duration = .seconds(5),
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresClient {
        var configuration = try await PostgresTestServer.shared().configuration()
        change(&configuration)
        return PostgresClient(configuration, connectionsMax: connectionsMax, waitMax: waitMax)
    }

    @Test("values come back as they went out")
    func values() async throws {
        let client = try await client()
        let date = Date(timeIntervalSince1970: 1_795_000_000.123456)
        let values: [PostgresValue] = [
            .bool(true), .bool(false), .int8(.min), .int8(.max), .text(""), .text("naïve 👩‍👩‍👧"), .bytea(Data()),
            .bytea(Data(0...255)), .timestamptz(date), .timestamptz(Date(timeIntervalSince1970: -1)), .null,
            .uuid(UUID()),
        ]
        let statement = PostgresStatement(
            """
            SELECT $1::bool, $2::bool, $3::int8, $4::int8, $5::text, $6::text, $7::bytea, $8::bytea, $9::timestamptz,
                $10::timestamptz, $11::text, $12::uuid
            """, values)
        let row = try #require(try await client.run(statement).rows.first)
        for (column, value) in values.enumerated() {
            switch value {
            case .bool(let bool): #expect(try row.get(column) == bool)
            case .int8(let number): #expect(try row.get(column) == number)
            case .text(let text): #expect(try row.get(column) == text)
            case .bytea(let bytes): #expect(try row.get(column) == bytes)
            case .timestamptz(let date):
                #expect(abs(try row.get(column, as: Date.self).timeIntervalSince(date)) < 0.000_001)
            case .uuid(let uuid): #expect(try row.get(column) == uuid)
            default: #expect(try row.get(column, as: String?.self) == nil)
            }
        }
        #expect(
            await failure(as: PostgresError.self) { _ = try row.get(0, as: String.self) } == .unexpectedType(column: 0))
        #expect(
            await failure(as: PostgresError.self) { _ = try row.get(10, as: String.self) }
                == .unexpectedType(column: 10))
        await client.close()
    }

    @Test("arrays carry many rows, with nulls, in one statement")
    func arrays() async throws {
        let client = try await client()
        let uuids = [UUID(), UUID(), UUID()]
        let result = try await client.run(
            PostgresStatement(
                "SELECT n, t, b, u FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::uuid[]) AS r(n, t, b, u)",
                [
                    .int8s([1, nil, 3]), .texts(["a", "ü", nil]), .byteas([Data([0]), Data(), Data(1...9)]),
                    .uuids(uuids),
                ]))
        #expect(try result.rows.map { try $0.get(0, as: Int?.self) } == [1, nil, 3])
        #expect(try result.rows.map { try $0.get(1, as: String?.self) } == ["a", "ü", nil])
        #expect(try result.rows.map { try $0.get(2, as: Data?.self) } == [Data([0]), Data(), Data(1...9)])
        #expect(try result.rows.map { try $0.get(3, as: UUID.self) } == uuids)
        let empty = try await client.run(PostgresStatement("SELECT unnest($1::int8[])", [.int8s([])]))
        #expect(empty.rows.isEmpty)
        await client.close()
    }

    @Test("a pipeline is one transaction, and its first failure undoes it; the connection goes on")
    func pipeline() async throws {
        let client = try await client(connectionsMax: 1)
        try await client.withConnection { connection in
            try await connection.run(PostgresStatement("CREATE TEMPORARY TABLE t (n int8 PRIMARY KEY)"))
            let insert = { @Sendable (number: Int64) in PostgresStatement("INSERT INTO t VALUES ($1)", [.int8(number)])
            }
            let results = try await connection.pipeline(
                [insert(1), insert(2), PostgresStatement("SELECT count(*) FROM t")])
            #expect(results.map(\.count) == [1, 1, 1])
            #expect(try results[2].rows[0].get(0) == 2)
            let error = await failure(as: PostgresError.self) {
                _ = try await connection.pipeline([insert(3), insert(1), insert(4)])
            }
            #expect(error?.state == .uniqueViolation)
            // The server's own text would quote the key.
            #expect("\(try #require(error))".hasSuffix("refused: a unique key is taken (t_pkey), SQLSTATE 23505"))
            #expect(try await connection.run(PostgresStatement("SELECT count(*) FROM t")).rows[0].get(0) == 2)
        }
        // Prepared or not, in one row or many.
        try await client.withConnection { connection in
            let many = try await connection.pipeline(
                (0..<2000).map { PostgresStatement("SELECT $1::int8", [.int8($0)]) })
            #expect(try many.map { try $0.rows[0].get(0, as: Int.self) } == Array(0..<2000))
            for number in 0..<300 {
                let result = try await connection.run(PostgresStatement("SELECT \(number)::int8"))
                #expect(try result.rows[0].get(0) == number)
            }
            let large = Data(repeating: 7, count: 20_000_000)
            let echo = try await connection.pipeline(
                [
                    PostgresStatement("SELECT $1::bytea", [.bytea(large)]),
                    PostgresStatement("SELECT $1::bytea", [.bytea(large)]),
                ])
            #expect(try echo[1].rows[0].get(0) == large)
        }
        await client.close()
    }

    @Test("a transaction is undone when its closure throws, when it is cancelled, and when a statement failed")
    func transactions() async throws {
        struct Mine: Error {}
        let client = try await client(connectionsMax: 2)
        try await client.run(PostgresStatement("DROP TABLE IF EXISTS public.moves"))
        try await client.run(PostgresStatement("CREATE TABLE public.moves (n int8 PRIMARY KEY)"))
        let insert = { @Sendable (number: Int64) in
            PostgresStatement("INSERT INTO public.moves VALUES ($1)", [.int8(number)])
        }
        await #expect(throws: Mine.self) {
            try await client.withTransaction { connection in
                try await connection.run(insert(1))
                throw Mine()
            }
        }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let cancelled = Task {
            try await client.withTransaction { connection in
                try await connection.run(insert(2))
                start.yield()
                try await connection.run(PostgresStatement("SELECT pg_sleep(60)"))
            }
        }
        for await _ in started.prefix(1) {}
        cancelled.cancel()
        #expect(await failure(as: PostgresError.self) { try await cancelled.value } == .cancelled)
        let swallowed = await failure(as: PostgresError.self) {
            try await client.withTransaction { connection in
                try await connection.run(insert(3))
                _ = try? await connection.run(PostgresStatement("SELECT 1/0"))
            }
        }
        #expect(swallowed?.state == SQLState(rawValue: "25P02"))
        try await client.withTransaction { try await $0.run(insert(4)) }
        let left = try await client.run(PostgresStatement("SELECT n FROM public.moves")).rows
        #expect(try left.map { try $0.get(0, as: Int.self) } == [4])
        await client.close()
    }

    @Test("serializable transactions that are in each other's way are done again, if asked")
    func serializable() async throws {
        let client = try await client(connectionsMax: 4)
        try await client.run(PostgresStatement("DROP TABLE IF EXISTS public.sums"))
        try await client.run(PostgresStatement("CREATE TABLE public.sums (n int8)"))
        let add = { @Sendable (attemptsMax: Int) in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await client.withTransaction(isolation: .serializable, attemptsMax: attemptsMax) {
                                let count = try await $0.run(PostgresStatement("SELECT count(*) FROM public.sums"))
                                    .rows[0].get(0, as: Int64.self)
                                try await $0.run(
                                    PostgresStatement("INSERT INTO public.sums VALUES ($1)", [.int8(count)]))
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(await failure(as: PostgresError.self) { try await add(1) }?.state == .serializationFailure)
        try await client.run(PostgresStatement("TRUNCATE public.sums"))
        try await add(1000)
        let sum = try await client.run(PostgresStatement("SELECT sum(n)::int8 FROM public.sums")).rows[0].get(
            0, as: Int.self)
        #expect(sum == 780)
        await client.close()
    }

    @Test("cancelling the task cancels the statement on the server, and harms no other")
    func cancels() async throws {
        let client = try await client(connectionsMax: 1)
        for _ in 0..<20 {
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let sleeping = Task {
                try await client.withConnection { connection in
                    start.yield()
                    try await connection.run(PostgresStatement("SELECT pg_sleep(60)"))
                }
            }
            for await _ in started.prefix(1) {}
            sleeping.cancel()
            #expect(await failure(as: PostgresError.self) { try await sleeping.value } == .cancelled)
            // The same connection, at once.
            #expect(try await client.run(PostgresStatement("SELECT 1")).rows[0].get(0) == 1)
        }
        await client.close()
    }

    @Test("a statement that takes too long ends by its timeout")
    func statementTimeout() async throws {
        let client = try await client { $0.statementTimeout = .milliseconds(50) }
        let error = await failure(as: PostgresError.self) {
            try await client.run(PostgresStatement("SELECT pg_sleep(60)"))
        }
        #expect(error?.state == .queryCancelled)
        #expect("\(try #require(error))".contains("it took longer than the statement timeout"))
        #expect(try await client.run(PostgresStatement("SELECT 1")).rows[0].get(0) == 1)
        await client.close()
    }

    @Test("a pool lends no more connections than it may, and says so when the wait is over")
    func pool() async throws {
        let client = try await client(connectionsMax: 2, waitMax: .seconds(60))
        let hurried = try await self.client(connectionsMax: 2, waitMax: .milliseconds(50))
        let identify = PostgresStatement("SELECT pg_backend_pid()")
        let pids = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await client.run(identify).rows[0].get(0) } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(pids.count <= 2)
        let error = try await hurried.withConnection { _ in
            try await hurried.withConnection { _ in
                await failure(as: PostgresError.self) { try await hurried.run(identify) }
            }
        }
        #expect(error == .noConnectionFree(server: client.configuration.server, limit: 2))
        await hurried.close()
        // Closing waits for what is lent.
        let (lent, lend) = AsyncStream.makeStream(of: Void.self)
        async let last: Int = client.withConnection { connection in
            lend.yield()
            return try await connection.run(PostgresStatement("SELECT 1 FROM pg_sleep(0.1)")).rows[0].get(0)
        }
        for await _ in lent.prefix(1) {}
        await client.close()
        #expect(try await last == 1)
        #expect(await failure(as: PostgresError.self) { try await client.run(identify) } == .closed)
    }

    @Test("notifications come as they are sent, until the task ends")
    func notifications() async throws {
        let client = try await client()
        let heard = try await client.withNotifications(on: "a \"channel") { stream in
            for number in 0..<3 {
                try await client.run(
                    PostgresStatement("SELECT pg_notify($1, $2)", [.text("a \"channel"), .text("\(number)")]))
            }
            return await stream.prefix(3).reduce(into: [String]()) { $0.append($1.payload) }
        }
        #expect(heard == ["0", "1", "2"])
        // A connection that is ended ends the sequence.
        try await client.withNotifications(on: "another") { stream in
            try await client.run(
                PostgresStatement(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1",
                    [.text("LISTEN \"another\"")]))
            #expect(await stream.reduce(into: 0) { count, _ in count += 1 } == 0)
        }
        // Nor is its socket's number waited for, which soon belongs to somebody else.
        let sockets = try #require(EventLoop.shared).watchedSockets
        #expect(sockets.allSatisfy { fcntl($0, F_GETFD) != -1 })
        await client.close()
    }
}

import Foundation
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import Testing

@Suite("Tables in PostgreSQL", .timeLimit(.minutes(2)))
struct MigrationTests {
    private static let steps = PostgresLedger.schema.migrations.count

    @Test("are made once, however many hosts start at the same moment")
    func manyHosts() async throws {
        let configuration = try await PostgresTestServer.shared().configuration()
        let done = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let client = PostgresClient(configuration, connectionsMax: 1)
                    let done = try await client.migrate([PostgresLedger.schema])
                    await client.close()
                    return done
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done == PostgresLedger.schema.migrations.indices.map { "spending.\($0 + 1)" })
        let client = PostgresClient(configuration)
        #expect(try await client.pendingMigrations([PostgresLedger.schema]).isEmpty)
        try await SpendFixture.governor(PostgresLedger(client: client)).pay(SpendFixture.call(), tokens: 1)
    }

    @Test("of a later step are added without losing a row; a step that fails leaves nothing behind")
    func laterStep() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration())
        try await client.migrate([PostgresLedger.schema])
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        try await governor.pay(SpendFixture.call(), tokens: 7)
        func later(_ steps: [[String]]) -> PostgresSchema {
            PostgresSchema(name: "spending", migrations: PostgresLedger.schema.migrations + steps)
        }
        let (next, last) = (
            "spending.\(PostgresLedger.schema.migrations.count + 1)",
            "spending.\(PostgresLedger.schema.migrations.count + 2)"
        )
        let broken = later([["CREATE TABLE half (n int8)", "CREATE TABLE half (n int8)"]])
        await #expect(throws: PostgresError.self) { try await client.migrate([broken]) }
        #expect(try await client.pendingMigrations([broken]) == [next])
        let whole = later([["ALTER TABLE journal ADD COLUMN note text"], ["CREATE TABLE half (n int8)"]])
        #expect(try await client.pendingMigrations([whole]) == [next, last])
        #expect(try await client.migrate([whole]) == [next, last])
        #expect(try await governor.spent() == 7)
        // This program is now the older one.
        await #expect(throws: PostgresError.newer(server: client.configuration.server, migration: next)) {
            try await client.migrate([PostgresLedger.schema])
        }
    }

    @Test("of reports are filled from the journal as it was, and go on from there")
    func sumsOfBefore() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration())
        let before = PostgresSchema(name: "spending", migrations: Array(PostgresLedger.schema.migrations.prefix(1)))
        try await client.migrate([before])
        // What a program of then wrote: one call settled, one released and one charged.
        let budget = SpendFixture.budget(limit: 1000)
        let now = Date.now
        let (at, day) = (now.milliseconds, budget.period(containing: now).start.milliseconds)
        func reserve(_ id: Int, _ question: String, _ tenant: String, held: Int) -> String {
            """
            INSERT INTO journal (id, at_ms, kind, hold_id, question_id, function, ordinal, digest, provider, region, model,
                tenant, price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token, spent_nano_usd, held_nano_usd)
            VALUES (\(id), \(at), 'reserve', \(id), '\(question)', 'llm-connector', 0, 'd', 'bedrock', 'ap-south-1', 'llama',
                \(tenant), 0, 1, 1, 0, \(held))
            """
        }
        for statement in [
            reserve(1, "a", "'acme'", held: 40), reserve(3, "b", "NULL", held: 40), reserve(5, "c", "NULL", held: 5),
            """
            INSERT INTO journal (id, at_ms, kind, hold_id, input_tokens, output_tokens, counted_by, spent_nano_usd,
                held_nano_usd)
            VALUES (2, \(at), 'settle', 1, 7, 0, 'body', 7, -40), (4, \(at), 'release', 3, NULL, NULL, NULL, 0, -40),
                (6, \(at), 'charge', 5, NULL, NULL, NULL, 5, -5)
            """,
            "INSERT INTO hold_budgets SELECT hold, 'daily', \(day), 1000 FROM unnest(ARRAY[1, 3, 5]) AS hold",
            "INSERT INTO responses VALUES ('00170691d7d64943f0807ab454d24b65', 2, \(at), 7, NULL)",
            "INSERT INTO counters VALUES ('daily', \(day), \(day + 86_400_000), 12, 0)",
            "UPDATE ledger_head SET last_id = 6, at_ms = \(at)",
        ] {
            try await client.run(PostgresStatement(statement))
        }
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger, budgets: [budget])
        #expect(try await client.migrate([PostgresLedger.schema]).first == "spending.2")
        try await governor.pay(SpendFixture.call("a", ordinal: 1, tenant: "acme"), tokens: 2)
        let sound = try await governor.verify()
        #expect(sound.isSound && sound.entries == 8)
        let span = Date(timeIntervalSinceNow: -3600)..<Date(timeIntervalSinceNow: 3600)
        let sums = try await ledger.spending(SpendQuery(span: span, grouping: .tenant)).map(\.amounts)
        #expect(sums.map(\.calls) == [1, 2] && sums.map(\.spent.nanoUSD) == [5, 9])
        #expect(sums.map(\.questions) == [0, 1] && sums.map(\.held) == [.zero, .zero])
        try await client.run(PostgresStatement("UPDATE spend_quarters SET spent_nano_usd = 0 WHERE tenant = 'acme'"))
        let difference = try #require(try await governor.verify().differences.first)
        #expect(difference.budget == nil && difference.amount == .spent && difference.journaled.nanoUSD == 14)
    }

    @Test("of doubts keep what was charged before, and go on with orphans")
    func doubtsOfBefore() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration())
        let before = PostgresSchema(name: "spending", migrations: Array(PostgresLedger.schema.migrations.prefix(7)))
        try await client.migrate([before])
        // What a program of then wrote goes through the database's own triggers.
        let governor = SpendFixture.governor(PostgresLedger(client: client))
        try await governor.chargeInFull(try await governor.held(SpendFixture.call("a", bytes: 10)))
        #expect(try await client.migrate([PostgresLedger.schema]).first == "spending.8")
        #expect(try await governor.doubts(of: SpendFixture.call("a", digest: "e")).ofCall == 1)
        _ = try await governor.held(SpendFixture.call("a", digest: "e", bytes: 5))
        try await governor.sweep()
        #expect(try await governor.doubts(of: SpendFixture.call("a")).ofCall == 2)
        #expect(try await governor.charged(for: SpendFixture.call("a")) == Money(nanoUSD: 15))
        #expect(try await governor.verify().isSound)
    }

    @Test("are all that a host with the shipped role can write, and the journal only at its end")
    func leastPrivilege() async throws {
        let (owner, host) = try await PostgresTestServer.shared().makeDatabaseWithRoles("ledger_roles")
        try await PostgresClient(owner).migrate([PostgresLedger.schema])
        let client = PostgresClient(host)
        // A start of the program, which finds nothing to do.
        #expect(try await client.migrate([PostgresLedger.schema]).isEmpty)
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(alerts: [10])])
        try await governor.pay(SpendFixture.call("a", bytes: 50), tokens: 50)
        let reservation = try await governor.held(SpendFixture.call("b", bytes: 10))
        try await ledger.renewLeases()
        try await governor.release(reservation)
        _ = try await governor.held(SpendFixture.call("dropped", bytes: 10))
        #expect(try await governor.spent() == 60)
        #expect(try await governor.doubts(of: SpendFixture.call("dropped")).ofCall == 1)
        for alert in try await governor.claimAlerts() { try await governor.confirm(alert) }
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: Date(timeIntervalSinceNow: 600), reason: "a test")
        #expect(try await governor.outcome(SpendFixture.call("a", bytes: 50)) == "settled")
        _ = try await ledger.forgetResponses(olderThan: .zero)
        #expect(try await governor.verify().differences.isEmpty)
        for statement in [
            "INSERT INTO migrations (identifier) VALUES ('spending.99')", "DELETE FROM migrations",
            "UPDATE journal SET spent_nano_usd = 0", "DELETE FROM journal", "TRUNCATE journal", "DELETE FROM raises",
            "UPDATE hold_budgets SET limit_nano_usd = 1", "DROP TABLE journal", "CREATE TABLE mine (n int8)",
            "ALTER TABLE journal DISABLE TRIGGER ALL", "DROP TRIGGER journal_append_only ON journal",
        ] {
            await #expect("\(statement)") {
                try await client.run(PostgresStatement(statement))
            } throws: { error in
                (error as? PostgresError)?.state == .insufficientPrivilege
            }
        }
        await #expect {
            let later = PostgresSchema(
                name: "spending", migrations: PostgresLedger.schema.migrations + [["CREATE TABLE mine (n int8)"]])
            try await client.migrate([later])
        } throws: { "\($0)".hasSuffix("the role lacks a privilege; see deploy/postgres/roles.sql, SQLSTATE 42501") }
    }
}

extension Date {
    fileprivate var milliseconds: Int64 { Int64(timeIntervalSince1970 * 1000) }
}

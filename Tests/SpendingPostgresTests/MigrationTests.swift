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
        #expect(done == (1...Self.steps).map { "spending.\($0)" })
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
        let broken = later([["CREATE TABLE half (n int8)", "CREATE TABLE half (n int8)"]])
        await #expect(throws: PostgresError.self) { try await client.migrate([broken]) }
        let next = (1...2).map { "spending.\(Self.steps + $0)" }
        #expect(try await client.pendingMigrations([broken]) == [next[0]])
        let whole = later([["ALTER TABLE journal ADD COLUMN note text"], ["CREATE TABLE half (n int8)"]])
        #expect(try await client.pendingMigrations([whole]) == next)
        #expect(try await client.migrate([whole]) == next)
        #expect(try await governor.spent() == 7)
        // This program is now the older one.
        await #expect(throws: PostgresError.newer(server: client.configuration.server, migration: next[0])) {
            try await client.migrate([PostgresLedger.schema])
        }
    }

    @Test("of reports are filled from the journal as it was, and go on from there")
    func sumsOfBefore() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration())
        // Without the sums, but with what this program writes besides.
        let steps = PostgresLedger.schema.migrations
        let before = steps[0] + steps.dropFirst(3).joined()
        try await client.migrate([PostgresSchema(name: "spending", migrations: [before])])
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1000)])
        try await governor.pay(SpendFixture.call("a", tenant: "acme"), tokens: 7)
        try await governor.release(governor.held(SpendFixture.call("b")))
        try await governor.chargeInFull(governor.held(SpendFixture.call("c", bytes: 5)))
        let after = PostgresSchema(name: "spending", migrations: [before, steps[1], steps[2]])
        #expect(try await client.migrate([after]) == ["spending.2", "spending.3"])
        try await governor.pay(SpendFixture.call("a", ordinal: 1, tenant: "acme"), tokens: 2)
        #expect(try await governor.verify() == LedgerVerification(entries: 8, differences: []))
        let span = Date(timeIntervalSinceNow: -3600)..<Date(timeIntervalSinceNow: 3600)
        let sums = try await ledger.spending(SpendQuery(span: span, grouping: .tenant)).map(\.amounts)
        #expect(sums.map(\.calls) == [1, 2] && sums.map(\.spent.nanoUSD) == [5, 9])
        #expect(sums.map(\.questions) == [0, 1] && sums.map(\.held) == [.zero, .zero])
        try await client.run(PostgresStatement("UPDATE spend_quarters SET spent_nano_usd = 0 WHERE tenant = 'acme'"))
        let difference = try #require(try await governor.verify().differences.first)
        #expect(difference.budget == nil && difference.amount == .spent && difference.journaled.nanoUSD == 14)
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

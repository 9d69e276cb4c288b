import Foundation
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import Testing

@Suite("The ledger's statements in PostgreSQL", .timeLimit(.minutes(2)))
struct PlanTests {
    @Test("read no more for a call in a long journal than in a short one, though they are planned on empty tables")
    func lookups() async throws {
        let server = try await PostgresTestServer.shared()
        var configuration = server.configuration()
        configuration.applicationName = "plans-\(UUID().uuidString)"
        let client = PostgresClient(configuration)
        try await client.migrate([PostgresLedger.schema])
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1_000_000)])
        // The first transactions are large, for a server that plans by what is before it.
        try await withThrowingDiscardingTaskGroup { group in
            for call in 0..<1000 {
                group.addTask { try await governor.pay(SpendFixture.call("crowd-\(call)"), tokens: 1) }
            }
        }
        for call in 0..<500 { try await governor.pay(SpendFixture.call("alone-\(call)"), tokens: 1) }
        await ledger.close()
        await client.close()
        let read = try await server.rowsRead(by: configuration) / 1500
        #expect(read < 40, "\(read) rows a call")
    }

    @Test("ask for what could not be read no second time")
    func unreadable() async throws {
        let server = try await PostgresTestServer.shared()
        let client = PostgresClient(server.configuration())
        try await client.migrate([PostgresLedger.schema])
        let ledger = PostgresLedger(client: client)
        let governor = SpendFixture.governor(ledger)
        let lines = try await governor.status().count
        await #expect(throws: GovernorError.self) {
            try await ledger.status { moment in
                [
                    BudgetLine(
                        name: BudgetLine.Name("daily/a\0b"),
                        period: Period(start: moment.instant, end: moment.instant.addingTimeInterval(60)),
                        limit: Money(nanoUSD: 1))
                ]
            }
        }
        #expect(try await governor.status().count == lines)
        await ledger.close()
        await client.close()
    }

    @Test("read no more for a call's doubts where many hosts were killed, and none of it counts in the row")
    func doubts() async throws {
        let server = try await PostgresTestServer.shared()
        let clock = ManualClock()
        var configuration = server.configuration()
        configuration.applicationName = "killed-\(UUID().uuidString)"
        let setup = PostgresClient(configuration)
        try await setup.migrate([PostgresLedger.schema])
        let ledger = PostgresLedger(client: setup, clock: .given(clock.now))
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1_000_000)])
        let left = try await withThrowingTaskGroup(of: HoldID.self) { group in
            for call in 0..<1000 {
                // Dropped, and charged with the next transaction.
                group.addTask { try await governor.held(SpendFixture.call("killed-\(call)")).holdID }
            }
            return try await group.reduce(into: [HoldID]()) { $0.append($1) }
        }
        #expect(left.count == 1000)
        #expect(try await governor.heldAmount() == 0)
        await ledger.close()
        await setup.close()
        let before = try await server.rowsRead(by: configuration)
        configuration.applicationName = "doubts-\(UUID().uuidString)"
        let client = PostgresClient(configuration)
        let reader = PostgresLedger(client: client, clock: .given(clock.now))
        for call in 0..<100 {
            let place = CallPlace(of: SpendFixture.call("killed-\(call)"))
            #expect(try await reader.doubts(of: place, to: SpendFixture.model) == CallDoubts(ofCall: 1))
            #expect(try await reader.charged(for: place) == Money(nanoUSD: 40))
        }
        await reader.close()
        await client.close()
        let read = (try await server.rowsRead(by: configuration) - before) / 100
        #expect(read < 20, "\(read) rows a call")
    }
}

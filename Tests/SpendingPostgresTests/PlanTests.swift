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
}

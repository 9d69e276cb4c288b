import Postgres
import PostgresTestServer
import SpendingCompat
import SpendingPostgres
import Testing

@Suite("A PostgreSQL ledger behind a pooler", .timeLimit(.minutes(5)))
struct PoolerTests {
    @Test("with sessions keeps every promise of a ledger, and holds every invariant in random schedules")
    func compat() async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: "session", settings: ["default_pool_size": "60", "server_reset_query": ""])
        let suite = SpendLedgerCompatTest { clock in
            let client = PostgresClient(pooler.configuration(server.configuration()))
            try await client.requireOwnSessions()
            try await client.migrate([PostgresLedger.schema])
            return { PostgresLedger(client: client, clock: .given(clock.now)) }
        }
        try await suite.run()
        try await suite.runSchedules(4)
        await pooler.stop()
    }
}

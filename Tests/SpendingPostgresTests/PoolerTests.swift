import Postgres
import PostgresTestServer
import SpendingCompat
import SpendingPostgres
import TestSupport
import Testing

@Suite("A PostgreSQL ledger behind a pooler", .timeLimit(.minutes(5)))
struct PoolerTests {
    @Test("with sessions keeps every promise of a ledger", arguments: SpendLedgerCompatTest.rules)
    func compat(rule: SpendLedgerCompatTest.Rule) async throws {
        try await withPooledLedgers { try await rule.check($0) }
    }

    @Test("with sessions holds every invariant in random schedules")
    func schedules() async throws { try await withPooledLedgers { try await $0.runSchedules(4) } }

    private func withPooledLedgers(_ body: (SpendLedgerCompatTest) async throws -> Void) async throws {
        let server = try await PostgresTestServer.shared()
        let pooler = try await PgBouncerTestServer(
            before: server, mode: "session", settings: ["default_pool_size": "60", "server_reset_query": ""])
        try await body(
            SpendLedgerCompatTest { clock in
                let client = PostgresClient(pooler.configuration(server.configuration()))
                try await client.requireOwnSessions()
                try await client.migrate([PostgresLedger.schema])
                return { PostgresLedger(client: client, clock: .given(clock.now)) }
            })
        await pooler.stop()
    }
}

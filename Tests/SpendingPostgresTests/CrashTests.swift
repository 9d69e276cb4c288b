import Foundation
import Postgres
import PostgresTestServer
import Spending
import SpendingCompat
import SpendingPostgres
import Testing

@Suite("Processes on one PostgreSQL ledger", .timeLimit(.minutes(20)))
struct CrashTests {
    /// A database of its own, with the ledger's tables.
    private static func database(_ name: String) async throws -> (url: String, client: PostgresClient) {
        let server = try await PostgresTestServer.shared()
        let url = try await server.makeDatabase(name)
        let client = PostgresClient(try PostgresConfiguration(url: url))
        try await client.migrate([PostgresLedger.schema])
        return (url, client)
    }

    @Test("that are killed leave a sound ledger, with every call that was sent charged exactly once")
    func kill() async throws {
        let (url, client) = try await Self.database("crash")
        // When every lease has ended.
        let afterwards = PostgresLedger(client: client, clock: .given { Date(timeIntervalSinceNow: 60) })
        try await LedgerCrashCampaign(location: url, ledger: PostgresLedger(client: client)).run(afterwards: afterwards)
    }

    @Test("that race for the last money never pass the limit, and leave less than one call's worst case")
    func race() async throws {
        let (url, client) = try await Self.database("race")
        let limit: Int64 = 500_000_000
        let said = try await withThrowingTaskGroup(of: [String].self) { group in
            for seed in 0..<4 {
                group.addTask {
                    try await LedgerProcess(url, seed: seed, limit: limit, race: (calls: 250, concurrency: 25)).ended()
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let governor = SpendFixture.governor(
            PostgresLedger(client: client), budgets: [SpendFixture.budget("monthly", limit: limit, length: .month)])
        let spent = try await governor.spent()
        #expect(said.count == 1000)
        #expect(spent == said.compactMap { $0.hasPrefix("paid ") ? Int64($0.dropFirst(5)) : nil }.reduce(0, +))
        #expect(spent <= limit && limit - spent < 1_140_000)
        #expect(try await governor.heldAmount() == 0)
        #expect(said.contains("refused"))
        try await JournalReplay(of: governor).expectWithinLimits()
        #expect(try await governor.verify().differences.isEmpty)
    }
}

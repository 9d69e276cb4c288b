import FoundationEssentials
import History
import HistorySQLite
import InMemoryLogging
import Logging
import SQLite
import Testing

@testable import FunctionHost

@Suite("Sweeper", .timeLimit(.minutes(1)))
struct SweeperTests {
    @Test(
        "Deletes and ends nothing while the history's clock is ahead of this machine's, as after a fail-over",
        arguments: [(20 * 3600.0, 0, RunState.queued), (61, 0, .queued), (0, 1, .expired), (-20 * 3600, 1, .expired)])
    func leap(secondsAhead: Double, deleted: Int, state: RunState) async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema])
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let input = Data("{}".utf8)
        let before = SQLiteHistory(store: store, now: { start })
        try await before.accept(id: "old", input: input, tenant: nil, pipeline: "p", expiresAt: nil)
        _ = try await before.finish(id: "old", .without(.failed, reason: "r"))
        try await before.accept(
            id: "late", input: input, tenant: nil, pipeline: "p", expiresAt: start.addingTimeInterval(30))
        // Short of what a file itself takes for a leap.
        let later = start.addingTimeInterval(20 * 3600)
        let log = InMemoryLogHandler()
        await Sweeper(
            history: SQLiteHistory(store: store, now: { later }), kept: .seconds(10 * 3600),
            logger: Logger(label: "test", factory: { _ in log }), now: { later.addingTimeInterval(-secondsAhead) }
        ).sweep()
        #expect(log.entries.count { "\($0.message)" == "old questions deleted" } == deleted)
        #expect(try await before.run(id: "late")?.state == state)
    }
}

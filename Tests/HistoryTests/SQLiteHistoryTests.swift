import FoundationEssentials
import GRDB
import History
import HistoryCompat
import HistorySQLite
import SQLite
import TestSupport
import Testing

@Suite("SQLiteHistory", .timeLimit(.minutes(2)))
struct SQLiteHistoryTests {
    @Test("keeps every promise of a history", arguments: RunHistoryCompatTest.rules)
    func compat(rule: RunHistoryCompatTest.Rule) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try await rule.check(
            RunHistoryCompatTest { now in
                let path = "\(folder.path)/\(UUID().uuidString)"
                return {
                    SQLiteHistory(
                        store: try SQLiteStore.open(folder: path, schemas: [SQLiteHistory.schema]), now: now)
                }
            })
    }

    @Test("A store in memory wakes its askers too")
    func inMemory() async throws {
        let history = SQLiteHistory(store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]))
        async let outcome = history.outcome(of: "q")
        #expect(try await history.finish(id: "q", .done(Data("{}".utf8), pipeline: nil, costNanoUSD: 0)))
        #expect(try await outcome.state == .done)
    }
}

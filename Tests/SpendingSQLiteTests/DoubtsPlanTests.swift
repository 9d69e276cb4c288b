import GRDB
import SQLite
import Testing

@testable import SpendingSQLite

@Suite("The doubts of a call in SQLite")
struct DoubtsPlanTests {
    @Test("are read along their indexes, however long the journal is")
    func plan() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        for (sql, models) in [(Database.doubtsOfCall, ["p", "r", "m"]), (Database.chargedForCall, [])] {
            let steps = try await store.read { database in
                try Row.fetchAll(
                    database, sql: "EXPLAIN QUERY PLAN " + sql,
                    arguments: StatementArguments(["q", "f", 0, nil] as [(any DatabaseValueConvertible)?])
                        + StatementArguments(models)
                ).map { $0["detail"] as String }
            }
            let searches = steps.filter { $0.hasPrefix("SEARCH") }
            #expect(searches.count == 2 && !steps.contains { $0.hasPrefix("SCAN") }, "\(steps)")
            #expect(searches.first?.contains("INDEX journal_doubts (question_id=? AND function=?") == true)
            #expect(searches.last?.contains("INDEX journal_corrections (hold_id=?)") == true)
        }
    }
}

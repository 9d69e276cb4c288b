import Foundation
import GRDB
import History
import HistorySQLite
import MessagingSQLite
import SQLite
import SpendingSQLite
import TestSupport
import Testing

@testable import Operations

/// A data folder that was written while questions had a table, and what that version's own export said of it.
@Suite("A data folder of the version with questions")
struct OlderHistoryTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    @Test("is brought up to date: each row is there, and the export is what it was, byte for byte")
    func broughtUpToDate() async throws {
        let folder = try TemporaryFolder()
        let dump = try String(contentsOf: Self.fixtures.appending(path: "questions.sql"), encoding: .utf8)
        let old = try DatabaseQueue(path: folder.url.appending(path: "sluice.sqlite").path)
        // It has transactions of its own.
        try await old.writeWithoutTransaction { try $0.execute(sql: dump) }
        try old.close()
        let schemas = [SQLiteBroker.schema, SQLiteLedger.schema, SQLiteHistory.schema]
        let store = try SQLiteStore.open(folder: folder.path, schemas: schemas)
        let history = SQLiteHistory(store: store)
        var export = Data()
        #expect(try await QuestionExport(history, tenant: nil).write { export += $0 } == 10)
        let golden = try Data(contentsOf: Self.fixtures.appending(path: "questions.jsonl"))
        #expect(String(decoding: export, as: UTF8.self) == String(decoding: golden, as: UTF8.self))
        #expect(try await history.counts() == [.done: 6, .failed: 1, .refused: 1, .parked: 1, .queued: 1])
        let queued = try #require(try await history.run(id: "queued"))
        #expect(queued.input == Data(#"{"question":"My mail is [EMAIL_1]: am I on my way?"}"#.utf8))
        #expect(try await history.runsWithoutEnd(like: LoneRun(runID: "queued", function: "rag-core", attempt: 1)) == 1)
        // The passages alone, of a pipeline that answers nothing.
        let page = try await history.runs(after: 1, tenant: nil, atMost: 1)
        let output = try #require(page.first?.record.output)
        #expect(try JSONSerialization.jsonObject(with: output) is [String: Any])
        #expect(String(decoding: output, as: UTF8.self).hasPrefix(#"{"passages":[{"#))
        // And it goes on from there.
        #expect(try await history.finish(id: "queued", .done(Data("{}".utf8), pipeline: "p", costNanoUSD: 0)))
        try await history.accept(id: "new", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await history.runs(after: 10, tenant: nil, atMost: 9).map(\.record.id) == ["new"])
        try store.close()
    }
}

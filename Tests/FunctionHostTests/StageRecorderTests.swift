import FoundationEssentials
import History
import HistorySQLite
import InMemoryLogging
import Logging
import SQLite
import Testing

@testable import FunctionHost

@Suite("StageRecorder", .timeLimit(.minutes(1)))
struct StageRecorderTests {
    @Test("A history that is too slow gets no more times than it can take, and the log says how many are missing")
    func slowHistory() async throws {
        let history = SQLiteHistory(store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]))
        let log = InMemoryLogHandler()
        let recorder = StageRecorder(history: history, logger: Logger(label: "test", factory: { _ in log }))
        try await history.accept(id: "q", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        // Nothing is written before it runs.
        for number in 0..<10_003 {
            recorder.record(StageRun(runID: "q", function: "f\(number)", attempt: 1, milliseconds: 1))
        }
        recorder.finish()
        await recorder.run()
        #expect(try await history.run(id: "q")?.stages.count == 10_000)
        #expect(log.entries.map { $0.metadata["count"]?.description } == ["3"])
    }
}

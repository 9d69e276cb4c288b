import FoundationEssentials
import FunctionKit
import GRDB
import History
import HistoryCompat
import HistorySQLite
import SQLite
import TestSupport
import Testing

@Suite("SQLiteHistory", .timeLimit(.minutes(2)))
struct SQLiteHistoryTests {
    private static let answer = AnsweredQuestion(
        id: "q", question: "What if it breaks?", answer: "Repair.", citations: [], isDegraded: false,
        usage: TokenUsage(inputTokens: 1, outputTokens: 1), costNanoUSD: 1, model: "llama3")

    @Test("keeps every promise of a history", arguments: QuestionHistoryCompatTest.rules)
    func compat(rule: QuestionHistoryCompatTest.Rule) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try await rule.check(
            QuestionHistoryCompatTest { now in
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
        #expect(try await history.store(Self.answer))
        #expect(try await outcome.state == .answered)
    }

    @Test("An answer that was stored before passages were kept is read without any")
    func oldAnswer() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema])
        let history = SQLiteHistory(store: store)
        #expect(try await history.store(Self.answer))
        let bytes = Data(
            """
            {"answer":"Repair.","citations":[],"cost_nano_usd":1,"degraded":false,"id":"q","model":"llama3",
             "question":"What if it breaks?","usage":{"input_tokens":1,"output_tokens":1}}
            """.utf8)
        try await store.commit { try $0.execute(sql: "UPDATE questions SET answer = ?", arguments: [bytes]) }
        #expect(try await history.question(id: "q")?.answer == Self.answer)
    }
}

import Foundation
import History
import HistorySQLite
import SQLite
import Testing

@testable import Operations

@Suite("The export of a history")
struct QuestionExportTests {
    @Test("has a JSON object a line, with all that is known")
    func lines() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema])
        func history(_ seconds: Double) -> SQLiteHistory {
            SQLiteHistory(store: store, now: { Date(timeIntervalSince1970: seconds) })
        }
        let early = history(1_764_000_000)
        try await early.accept(
            id: "a", input: Data(#"{"question":"What?"}"#.utf8), tenant: "acme", pipeline: "p", expiresAt: nil)
        try await early.accept(
            id: "o", input: Data("{\"text\": 1.50,\n \"b\": 2}".utf8), tenant: nil, pipeline: "other", expiresAt: nil)
        try await early.recordStages([StageRun(runID: "a", function: "f", attempt: 2, milliseconds: 0.5)])
        let late = history(1_764_000_001.5)
        let answer = #"""
            {"answer":"Line\nbreak","citations":[{"heading":"H","id":"h"}],"cost_nano_usd":2,"degraded":false,"id":"a",\#
            "model":"llama3","passages":[{"heading":"H","id":"h","score":6.25,"text":"T"}],"question":"What?",\#
            "usage":{"input_tokens":812,"output_tokens":61}}
            """#
        #expect(try await late.finish(id: "a", .done(Data(answer.utf8), pipeline: "p", costNanoUSD: 2_838_360)))
        #expect(try await late.finish(id: "o", .done(Data("[1.50]".utf8), pipeline: "other", costNanoUSD: 0)))
        let opensAt = Date(timeIntervalSince1970: 1_764_003_600)
        #expect(try await late.finish(id: "b", .without(.refused, reason: "daily", opensAt: opensAt)))
        var text = Data()
        #expect(try await QuestionExport(late, tenant: nil).write { text += $0 } == 3)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        // One line each: the line breaks here are none of the line's.
        let first = #"""
            {"accepted_at":"2025-11-24T16:00:00.000Z","answer":"Line\nbreak","citations":[{"heading":"H","id":"h"}],\#
            "cost_nano_usd":2838360,"degraded":false,"finished_at":"2025-11-24T16:00:01.500Z","id":"a","model":"llama3",\#
            "passages":[{"heading":"H","id":"h","score":6.25,"text":"T"}],"pipeline":"p","question":"What?",\#
            "stages":[{"attempt":2,"function":"f","milliseconds":0.5}],"state":"answered","tenant":"acme",\#
            "usage":{"input_tokens":812,"output_tokens":61}}
            """#
        let other = #"""
            {"accepted_at":"2025-11-24T16:00:00.000Z","cost_nano_usd":0,"finished_at":"2025-11-24T16:00:01.500Z","id":"o",\#
            "pipeline":"other","stages":[],"state":"done","input":{"text": 1.50,  "b": 2},"output":[1.50]}
            """#
        let refused = #"""
            {"accepted_at":"2025-11-24T16:00:01.500Z","finished_at":"2025-11-24T16:00:01.500Z","id":"b",\#
            "opens_at":"2025-11-24T17:00:00.000Z","reason":"daily","stages":[],"state":"refused"}
            """#
        #expect(lines.map(String.init) == [first, other, refused, ""])
        #expect(try await QuestionExport(late, tenant: "acme").write { _ in } == 1)
    }
}

import Answers
import Foundation
import FunctionKit
import FunctionTesting
import PSQLWorker
import Testing

@Suite("psql-worker")
struct PSQLWorkerTests {
    private func invoke(_ payload: Data, questionID: String = "q-7") async throws -> AnsweredQuestion {
        let output = try await AnyFunction(PSQLWorker())
            .invoke(payload, context: .testing(runID: questionID, functionName: "psql-worker"))
        return try JSONDecoder().decode(AnsweredQuestion.self, from: output)
    }

    private static let answer = Data(
        """
        {"id": "another", "question": "Why?", "answer": "So. [a]", "citations": [{"id": "a", "heading": "A"}],
         "passages": [{"id": "a", "heading": "A", "text": "So it is.", "score": 1.5}],
         "degraded": true, "usage": {"input_tokens": 12, "output_tokens": 3}, "cost_nano_usd": 50760, "model": "m"}
        """.utf8)

    @Test("Gives the answer under the invocation's question id, not the payload's")
    func gives() async throws {
        #expect(
            try await invoke(Self.answer)
                == AnsweredQuestion(
                    id: "q-7", question: "Why?", answer: "So. [a]", citations: [Citation(id: "a", heading: "A")],
                    passages: [Passage(id: "a", heading: "A", text: "So it is.", score: 1.5)], isDegraded: true,
                    usage: TokenUsage(inputTokens: 12, outputTokens: 3), costNanoUSD: 50_760,
                    model: "m"))
    }

    @Test("Gives no zero character, which no text of PostgreSQL has")
    func zero() async throws {
        let payload = String(decoding: Self.answer, as: UTF8.self).replacing("So it is.", with: "So\\u0000.")
        #expect(try await invoke(Data(payload.utf8)).passages.map(\.text) == ["So\u{FFFD}."])
    }

    @Test("Each sample event is a valid input")
    func events() async throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../functions/psql-worker/events")
            .standardizedFileURL
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let event = try Data(contentsOf: folder.appendingPathComponent(name))
            #expect(try await invoke(event, questionID: name).id == name)
        }
    }
}

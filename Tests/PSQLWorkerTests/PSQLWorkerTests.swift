import Foundation
import FunctionKit
import FunctionTesting
import PSQLWorker
import Testing

@Suite("psql-worker")
struct PSQLWorkerTests {
    private let history = InMemoryHistory()

    private func invoke(_ payload: Data, questionID: String = "q-7") async throws -> String {
        let output = try await AnyFunction(PSQLWorker(history: history))
            .invoke(payload, context: .testing(questionID: questionID, functionName: "psql-worker"))
        return String(decoding: output, as: UTF8.self)
    }

    private static let answer = Data(
        """
        {"id": "another", "question": "Why?", "answer": "So. [a]", "citations": [{"id": "a", "heading": "A"}],
         "passages": [{"id": "a", "heading": "A", "text": "So it is.", "score": 1.5}],
         "degraded": true, "usage": {"input_tokens": 12, "output_tokens": 3}, "cost_nano_usd": 50760, "model": "m"}
        """.utf8)

    @Test("Stores the answer under the invocation's question id, not the payload's")
    func stores() async throws {
        #expect(try await invoke(Self.answer) == #"{"id":"q-7","stored":true}"#)
        #expect(
            history.answers == [
                AnsweredQuestion(
                    id: "q-7", question: "Why?", answer: "So. [a]", citations: [Citation(id: "a", heading: "A")],
                    passages: [Passage(id: "a", heading: "A", text: "So it is.", score: 1.5)], isDegraded: true,
                    usage: TokenUsage(inputTokens: 12, outputTokens: 3), costNanoUSD: 50_760,
                    model: "m")
            ])
    }

    @Test("A redelivery stores nothing and is no error")
    func redelivery() async throws {
        _ = try await invoke(Self.answer)
        #expect(try await invoke(Self.answer) == #"{"id":"q-7","stored":false}"#)
        #expect(history.answers.count == 1)
        #expect(try await invoke(Self.answer, questionID: "q-8") == #"{"id":"q-8","stored":true}"#)
    }

    @Test("What the history throws passes through")
    func historyFails() async throws {
        await #expect(throws: BrokenHistory.Failure.self) {
            _ = try await AnyFunction(PSQLWorker(history: BrokenHistory())).invoke(Self.answer, context: .testing())
        }
    }

    @Test("Each sample event is a valid input")
    func events() async throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../functions/psql-worker/events")
            .standardizedFileURL
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let event = try Data(contentsOf: folder.appendingPathComponent(name))
            #expect(try await invoke(event, questionID: name) == #"{"id":"\#(name)","stored":true}"#)
        }
    }
}

private struct BrokenHistory: History {
    struct Failure: Error {}

    func store(_ answer: AnsweredQuestion) async throws -> Bool { throw Failure() }
}

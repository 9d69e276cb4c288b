import Foundation
import FunctionKit
import FunctionTesting
import LLMConnector
import RAGCore
import Testing

@Suite("rag-core")
struct RAGCoreTests {
    private let index = InMemoryPassageIndex(
        ["a", "b", "c", "d", "e", "f"].map { .testing(id: $0, heading: "Phone \($0)", text: "A phone.") })

    @Test("Gives the question with the best passages")
    func output() async throws {
        let output = try await AnyFunction(RAGCore(index: index, passages: 1)).invoke(
            Data(#"{"question":"My phone?","redactions":{"PHONE":1}}"#.utf8), context: .testing())
        #expect(
            String(decoding: output, as: UTF8.self)
                == #"{"passages":[{"heading":"Phone a","id":"a","score":1,"text":"A phone."}],"question":"My phone?"}"#)
    }

    @Test("Hands on four passages unless told otherwise")
    func passages() async throws {
        let four = try await RAGCore(index: index).invoke(Question(question: "phone"), context: .testing())
        #expect(four.passages.map(\.id) == ["a", "b", "c", "d"])
        let two = try await RAGCore(index: index, passages: 2).invoke(Question(question: "phone"), context: .testing())
        #expect(two.passages.map(\.id) == ["a", "b"])
    }

    @Test("A question that no passage is about is no error")
    func nothingFound() async throws {
        let output = try await RAGCore(index: index).invoke(Question(question: "bread"), context: .testing())
        #expect(output.passages.isEmpty)
        #expect(output.question == "bread")
    }

    @Test("An empty question can never succeed", arguments: ["", " \n\t"])
    func emptyQuestion(question: String) async throws {
        let error = try await #require(throws: FunctionError.self) {
            _ = try await RAGCore(index: index).invoke(Question(question: question), context: .testing())
        }
        #expect(error.disposition == .deadLetter)
    }

    @Test("What the index throws passes through")
    func indexFails() async throws {
        await #expect(throws: BrokenIndex.Failure.self) {
            _ = try await RAGCore(index: BrokenIndex()).invoke(Question(question: "phone"), context: .testing())
        }
    }

    @Test("Each sample event is a valid input, and its output one of llm-connector")
    func events() async throws {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../functions/rag-core/events")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.standardizedFileURL.path)
        #expect(!names.isEmpty)
        for name in names {
            let event = try Data(contentsOf: folder.standardizedFileURL.appendingPathComponent(name))
            let output = try await AnyFunction(RAGCore(index: index)).invoke(event, context: .testing())
            let next = AnyFunction(LLMConnector(model: InMemoryLanguageModel("Yes. [a]")))
            #expect(throws: Never.self, "\(name)") {
                try JSONDecoder().decode(QuestionWithPassages.self, from: output)
            }
            #expect(try await !next.invoke(output, context: .testing()).isEmpty)
        }
    }
}

private struct BrokenIndex: PassageIndex {
    struct Failure: Error {}

    func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage] { throw Failure() }
}

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
        await withFunction(RAGCore(index: index, passages: 1)) { function in
            let outcome = await function.invoke(#"{"question":"My phone?","redactions":{"PHONE":1}}"#)
            #expect(
                outcome.json
                    == #"{"passages":[{"heading":"Phone a","id":"a","score":1,"text":"A phone."}],"question":"My phone?"}"#
            )
            #expect(outcome.calls == [.search("My phone?", limit: 1)] && outcome.costNanoUSD == 0)
            #expect(outcome.logLines == ["debug passages found passages.count=1"])
        }
    }

    @Test("Hands on four passages unless told otherwise")
    func passages() async throws {
        let phone = #"{"question":"phone"}"#
        let four = await withFunction(RAGCore(index: index)) { await $0.invoke(phone) }
        #expect(four.output?.passages.map(\.id) == ["a", "b", "c", "d"])
        let two = await withFunction(RAGCore(index: index, passages: 2)) { await $0.invoke(phone) }
        #expect(two.output?.passages.map(\.id) == ["a", "b"])
    }

    @Test("A question that no passage is about is no error")
    func nothingFound() async throws {
        let outcome = await withFunction(RAGCore(index: index)) { await $0.invoke(#"{"question":"bread"}"#) }
        #expect(outcome.json == #"{"passages":[],"question":"bread"}"#)
    }

    @Test("An empty question can never succeed", arguments: ["", #" \n\t"#])
    func emptyQuestion(question: String) async throws {
        let outcome = await withFunction(RAGCore(index: index)) { await $0.invoke(#"{"question":"\#(question)"}"#) }
        #expect(outcome.code == "permanent" && outcome.disposition == .deadLetter && outcome.calls.isEmpty)
    }

    @Test("What the index throws passes through")
    func indexFails() async throws {
        let outcome = await withFunction(RAGCore(index: BrokenIndex())) { await $0.invoke(#"{"question":"phone"}"#) }
        #expect(outcome.error is BrokenIndex.Failure && outcome.disposition == .retry && outcome.code == "error")
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

import Answers
import FunctionKit
import FunctionTesting
import LLMConnector
import Testing

@Suite("Citations of llm-connector")
struct CitationTests {
    @Test(
        "Cites what is among the passages and takes out what is not",
        arguments: [
            ("Yes. [a] No. [b]", "Yes. [a] No. [b]", ["a", "b"]),
            ("Yes. [b] No. [a] Yes. [b]", "Yes. [b] No. [a] Yes. [b]", ["b", "a"]),
            ("Yes [a, b].", "Yes [a, b].", ["a", "b"]), ("Yes [b][a].", "Yes [b][a].", ["b", "a"]),
            ("Yes [a; b].", "Yes [a; b].", ["a", "b"]), ("Yes [ a ].", "Yes [ a ].", ["a"]),
            ("Yes [cpa2019/s2(7)].", "Yes [cpa2019/s2(7)].", ["cpa2019/s2(7)"]),
            ("Yes [my note].", "Yes [my note].", ["my note"]),
            ("Yes [x].", "Yes.", []), ("Yes  [x] or no.", "Yes or no.", []), ("[x] Yes.", "Yes.", []),
            ("Yes [a, x].", "Yes [a].", ["a"]), ("Yes [x, y].", "Yes.", []), ("Yes [x][a][y].", "Yes[a].", ["a"]),
            ("Call [PHONE_1].", "Call [PHONE_1].", []), ("Ask [NAME_12] [a].", "Ask [NAME_12] [a].", ["a"]),
            ("Ask [IP_ADDRESS_1, a].", "Ask [IP_ADDRESS_1, a].", ["a"]), ("Ask [Phone_1].", "Ask.", []),
            ("Ask [the seller].", "Ask [the seller].", []), ("Half [a", "Half [a", []), ("Half a]", "Half a]", []),
            ("Two [[a]].", "Two [[a]].", ["a"]), ("Empty [] here.", "Empty [] here.", []),
            ("Line\n[a]\n[x]\nend.", "Line\n[a]\n\nend.", ["a"]), ("Cut [a\nb].", "Cut [a\nb].", []),
            ("No citation at all.", "No citation at all.", []),
        ])
    func citations(text: String, answer: String, ids: [String]) async throws {
        let passages = ["a", "b", "cpa2019/s2(7)", "my note"].map { Passage.testing(id: $0, heading: "About \($0)") }
        let output = try await LLMConnector(model: InMemoryLanguageModel(text))
            .invoke(QuestionWithPassages(question: "Why?", passages: passages), context: .testing())
        #expect(output.answer == answer)
        #expect(output.citations == ids.map { Citation(id: $0, heading: "About \($0)") })
    }

    @Test("A passage that did not fit the prompt cannot be cited")
    func notShown() async throws {
        let passages = [Passage.testing(id: "a"), .testing(id: "b", text: String(repeating: "word ", count: 2_000))]
        let output = try await LLMConnector(model: InMemoryLanguageModel("Yes. [a] No. [b]"))
            .invoke(QuestionWithPassages(question: "Why?", passages: passages), context: .testing())
        #expect(output.citations.map(\.id) == ["a"])
        #expect(output.answer == "Yes. [a] No.")
    }

    @Test(
        "An answer that was cut keeps its full sentences",
        arguments: [
            ("One. Two", "One."), ("One! Two? Thr", "One! Two?"), ("One. [a] [b] Two", "One. [a] [b]"),
            ("One [a]. Two", "One [a]."), ("It says \"yes.\" Then", "It says \"yes.\""), ("Pay Rs. 50", "Pay Rs. 50…"),
            ("One. It costs $0.", "One."), ("One. Under sec. 34 of", "One."), ("One. See e.g. the", "One."),
            ("Steps:\n1. Write.\n2. Wai", "Steps:\n1. Write."), ("Steps:\n- write\n- wa", "Steps:\n- write"),
            ("पहला वाक्य। दूसरा", "पहला वाक्य।"), ("One. Two.", "One. Two."), ("no end", "no end…"),
            ("One. [a] Two [b", "One. [a]"), ("Version 3.5 of it. Th", "Version 3.5 of it."),
        ])
    func cut(text: String, answer: String) async throws {
        let model = InMemoryLanguageModel([.success(.testing(text, stopReason: .length))])
        let output = try await LLMConnector(model: model).invoke(
            QuestionWithPassages(question: "Why?", passages: [.testing(id: "a"), .testing(id: "b")]),
            context: .testing())
        #expect(output.answer == answer)
    }
}

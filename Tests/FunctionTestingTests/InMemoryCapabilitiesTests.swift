import FunctionKit
import FunctionTesting
import Testing

@Suite("In-memory index and history")
struct InMemoryCapabilitiesTests {
    private let index = InMemoryPassageIndex([
        .testing(id: "b", heading: "Refunds", text: "The seller refunds the price."),
        .testing(id: "a", heading: "Repair", text: "The seller repairs the good."),
        .testing(id: "c", heading: "Fees", text: "A complaint costs little."),
    ])

    @Test("Ranks by the words that query and passage share")
    func ranking() async throws {
        let found = try await index.search("Which SELLER refunds the price?", limit: 10, context: .testing())
        #expect(found.map(\.id) == ["b", "a"])
        #expect(found.map(\.score) == [4, 2])
    }

    @Test("Orders equal scores by id and keeps to the limit")
    func ties() async throws {
        #expect(try await index.search("seller", limit: 10, context: .testing()).map(\.id) == ["a", "b"])
        #expect(try await index.search("seller", limit: 1, context: .testing()).map(\.id) == ["a"])
    }

    @Test("Finds nothing without a shared word", arguments: ["", "?!", "bread"])
    func nothing(query: String) async throws {
        #expect(try await index.search(query, limit: 10, context: .testing()).isEmpty)
    }

    @Test("A history stores once for each question", .timeLimit(.minutes(1)))
    func history() async throws {
        let history = InMemoryHistory()
        let stored = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { try await history.store(Self.answer(id: "q", text: "\(number)")) }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(stored == 1)
        let first = history.answers
        #expect(first.count == 1)
        #expect(try await history.store(Self.answer(id: "r", text: "other")))
        #expect(try await !history.store(Self.answer(id: "q", text: "late")))
        #expect(history.answers == first + [Self.answer(id: "r", text: "other")])
    }

    @Test("A test's context has a default for everything")
    func context() {
        let context = InvocationContext.testing()
        #expect(context.questionID == "question-1")
        #expect(context.functionName == "function")
        #expect(context.attempt == 1)
        #expect(context.tenant == nil)
        #expect(!context.isDraining)
        #expect(InvocationContext.testing(tenant: "shop").tenant == "shop")
    }

    private static func answer(id: String, text: String) -> AnsweredQuestion {
        AnsweredQuestion(
            id: id, question: "Why?", answer: text, citations: [], isDegraded: false,
            usage: TokenUsage(inputTokens: 1, outputTokens: 1), costNanoUSD: 1, model: "m")
    }
}

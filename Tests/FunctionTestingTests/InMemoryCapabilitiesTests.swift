import FunctionKit
import FunctionTesting
import Testing

@Suite("In-memory index and context")
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

    @Test("A test's context has a default for everything")
    func context() {
        let context = InvocationContext.testing()
        #expect(context.runID == "run-1")
        #expect(context.functionName == "function")
        #expect(context.attempt == 1)
        #expect(context.tenant == nil)
        #expect(!context.isDraining)
        #expect(InvocationContext.testing(tenant: "shop").tenant == "shop")
    }
}

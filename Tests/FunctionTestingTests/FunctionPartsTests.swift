import FunctionKit
import FunctionTesting
import Testing

@Suite("Parts of a test")
struct FunctionPartsTests {
    private struct Limits: Decodable { let passages: Int }

    @Test("Give what the test gave, and throw for the rest")
    func given() async throws {
        let parts = FunctionParts.testing(
            parameters: #"{"passages": 2}"#, index: InMemoryPassageIndex([.testing(id: "a", text: "a broken phone")]))
        #expect(try parts.parameters(Limits.self).passages == 2)
        let found = try await parts.index.search("phone", limit: 1, context: .testing())
        #expect(found.map(\.id) == ["a"])
        #expect(throws: (any Error).self) { _ = try parts.model }
        #expect(throws: (any Error).self) {
            _ = try parts.model(largestCall: ModelCallSize(promptBytes: 1, outputTokens: 1))
        }
        #expect(throws: (any Error).self) { _ = try parts.web }
    }
}

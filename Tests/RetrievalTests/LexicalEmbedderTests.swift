import FunctionTesting
import Retrieval
import Testing

@Suite("LexicalEmbedder", .timeLimit(.minutes(1)))
struct LexicalEmbedderTests {
    private func likeness(_ one: String, _ other: String) async throws -> Float {
        let vectors = try await LexicalEmbedder().embed([one, other], as: .document, context: .testing())
        return zip(vectors[0], vectors[1]).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test("A vector has length 1, or is all zeros where there is no word")
    func length() async throws {
        let embedder = try LexicalEmbedder()
        let vectors = try await embedder.embed(["A faulty kettle", "what is the"], as: .query, context: .testing())
        #expect(vectors.allSatisfy { $0.count == embedder.dimension })
        #expect(abs(vectors[0].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        #expect(vectors[1].allSatisfy { $0 == 0 })
    }

    @Test("Other forms of the same words are the same, shared words are near, others are not")
    func likeness() async throws {
        #expect(abs(try await likeness("refunded the KETTLES", "refund, a kettle") - 1) < 1e-5)
        #expect(try await likeness("kettle refund", "kettle delivery") > 0.4)
        #expect(abs(try await likeness("kettle refund", "parcel delivery")) < 0.01)
        #expect(abs(try await likeness("शिकायत आयोग", "आयोग शिकायत") - 1) < 1e-5)
    }

    @Test("The same in every process: an index outlives them")
    func stable() async throws {
        let vector = try await LexicalEmbedder().embed(["kettle"], as: .document, context: .testing())[0]
        #expect(vector.firstIndex { $0 != 0 } == 214)
    }
}

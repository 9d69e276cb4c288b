import BenchmarkSupport
import FunctionKit
import Retrieval

/// Sluice's client, with a collection that it fills.
struct OurClient {
    private struct Chance: Embedder {
        let name = "chance"
        let dimension = Vectors.dimension
        let knowsWordsAlone = false
        let textsMax = 100

        func embed(
            _ texts: [String], as role: EmbeddingRole, context: InvocationContext
        ) async throws -> [[Float]] { texts.map { _ in Vectors.random() } }
    }

    let collection: ChromaCollection
    private let client: ChromaClient

    init(_ client: ChromaClient, passages: Int) async throws {
        self.client = client
        let deadline = ProcessClock.now + .seconds(300)
        collection = try await client.makeCollection(.init(embedder: Chance()), until: deadline)
        let text = String(repeating: "A passage of the length of those in use. ", count: 12)
        for start in stride(from: 0, to: passages, by: 100) {
            let records = (start..<min(start + 100, passages)).map {
                ChromaRecord(
                    id: "passage-\($0)", text: "\($0) \(text)", heading: "Heading \($0)", digest: "", source: "")
            }
            try await client.upsert(
                records, vectors: records.map { _ in Vectors.random() }, into: collection, until: deadline)
        }
    }

    @concurrent
    func measure(_ queries: Int) async throws -> Latencies {
        var latencies = Latencies()
        for _ in 0..<queries {
            let (vector, start) = (Vectors.random(), ContinuousClock.now)
            let found = try await client.nearest(to: vector, in: collection, limit: 5, until: .now + .seconds(30))
            latencies.record(.now - start)
            precondition(found.count == 5, "a query found less than was asked for")
        }
        return latencies
    }
}

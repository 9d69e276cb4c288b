import ChromaTestServer
import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import SharedData
import Testing

/// How well Chroma ranks, against what was reached when it was tuned less 0.02.
@Suite("Retrieval on shared data, in Chroma", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(2)))
struct SharedDataInChromaTests {
    @Test("Lay questions in Chroma, with vectors of words: nDCG@10 of at least 0.556")
    func consumerQuestionsInChroma() async throws {
        let units = try LayQuestions.units()
        let server = try await ChromaTestServer.shared(.newest)
        let client = ChromaClient(ChromaConfiguration(url: server.url, collection: "units"), http: server.http)
        let embedder = try LexicalEmbedder()
        let until = ProcessClock.now + .seconds(60)
        let collection = try await client.makeCollection(.init(embedder: embedder, revision: "1"), until: until)
        for start in stride(from: 0, to: units.count, by: 100) {
            let batch = units[start..<min(start + 100, units.count)]
            try await client.upsert(
                batch.map {
                    ChromaRecord(id: $0.id, text: $0.text, heading: $0.heading ?? "", digest: "", source: "")
                },
                vectors: embedder.embed(
                    batch.map { "\($0.heading ?? "")\n\($0.text)" }, as: .document, context: .testing()),
                into: collection, until: until)
        }
        let figure = try await RankingGain.mean(
            of: ChromaIndex(client: client, embedder: embedder), queries: LayQuestions.queries())
        print("nDCG@10, consumer questions, dev, in Chroma: \(figure)")
        #expect(figure >= 0.556)
    }
}

import ChromaTestServer
import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import Testing

/// How well the index ranks, against what was reached when it was tuned less 0.02.
@Suite("Retrieval on shared data", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(2)))
struct RetrievalSharedDataTests {
    private struct Unit: Decodable {
        var id: String
        var heading: String?
        var text: String
    }

    private struct Abstract: Decodable {
        var _id: String
        var title: String
        var text: String
    }

    private struct Query: Decodable {
        var query: String
        var relevant: [String: Int]
        var answerable: Bool?
    }

    @Test("Lay questions on consumer law: nDCG@10 of at least 0.573")
    func consumerQuestions() async throws {
        let units = try ["cpa2019-units", "ecommerce-rules-2020-units", "consumer-rules-facts"].flatMap {
            try SharedData.records("kb/\($0).jsonl", as: Unit.self)
        }
        let index = try await EmbeddedIndex(
            passages: units.map { Passage(id: $0.id, heading: $0.heading ?? "", text: $0.text, score: 0) })
        let queries = try SharedData.records("retrieval/consumer-questions-dev.jsonl", as: Query.self)
            .filter { $0.answerable == true }
        let figure = try await gain(of: index, queries: queries)
        print("nDCG@10, consumer questions, dev: \(figure)")
        #expect(figure >= 0.573)
    }

    @Test("Lay questions in Chroma, with vectors of words: nDCG@10 of at least 0.556")
    func consumerQuestionsInChroma() async throws {
        let units = try ["cpa2019-units", "ecommerce-rules-2020-units", "consumer-rules-facts"].flatMap {
            try SharedData.records("kb/\($0).jsonl", as: Unit.self)
        }
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
        let queries = try SharedData.records("retrieval/consumer-questions-dev.jsonl", as: Query.self)
            .filter { $0.answerable == true }
        let figure = try await gain(of: ChromaIndex(client: client, embedder: embedder), queries: queries)
        print("nDCG@10, consumer questions, dev, in Chroma: \(figure)")
        #expect(figure >= 0.556)
    }

    @Test("Scientific claims: nDCG@10 of at least 0.671")
    func sciFact() async throws {
        let abstracts = try SharedData.records("retrieval/scifact-corpus.jsonl", as: Abstract.self)
        let index = try await EmbeddedIndex(
            passages: abstracts.map { Passage(id: $0._id, heading: $0.title, text: $0.text, score: 0) })
        let queries = try SharedData.records("retrieval/scifact-test-dev.jsonl", as: Query.self)
        let figure = try await gain(of: index, queries: queries)
        print("nDCG@10, SciFact, dev: \(figure)")
        #expect(figure >= 0.671)
    }

    /// The mean over the queries of the normalised discounted cumulative gain of the first ten, gain 2^grade - 1.
    private func gain(of index: some PassageIndex, queries: [Query]) async throws -> Double {
        var sum = 0.0
        for query in queries {
            let found = try await index.search(query.query, limit: 10, context: .testing()).map {
                query.relevant[$0.id] ?? 0
            }
            let best = query.relevant.values.sorted(by: >).prefix(10)
            sum += discounted(found) / discounted(Array(best))
        }
        return sum / Double(queries.count)
    }

    private func discounted(_ grades: [Int]) -> Double {
        grades.enumerated().reduce(0) { $0 + (pow(2, Double($1.element)) - 1) / log2(Double($1.offset + 2)) }
    }
}

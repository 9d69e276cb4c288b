import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import SharedData
import Testing

/// How well the index ranks, against what was reached when it was tuned less 0.02.
@Suite("Retrieval on shared data", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(2)))
struct RetrievalSharedDataTests {
    private struct Abstract: Decodable {
        var _id: String
        var title: String
        var text: String
    }

    @Test("Lay questions on consumer law: nDCG@10 of at least 0.573")
    func consumerQuestions() async throws {
        let units = try LayQuestions.units()
        let index = try await EmbeddedIndex(
            passages: units.map { Passage(id: $0.id, heading: $0.heading ?? "", text: $0.text, score: 0) })
        let figure = try await RankingGain.mean(of: index, queries: LayQuestions.queries())
        print("nDCG@10, consumer questions, dev: \(figure)")
        #expect(figure >= 0.573)
    }

    @Test("Scientific claims: nDCG@10 of at least 0.671")
    func sciFact() async throws {
        let abstracts = try SharedData.records("retrieval/scifact-corpus.jsonl", as: Abstract.self)
        let index = try await EmbeddedIndex(
            passages: abstracts.map { Passage(id: $0._id, heading: $0.title, text: $0.text, score: 0) })
        let queries = try SharedData.records("retrieval/scifact-test-dev.jsonl", as: JudgedQuery.self)
        let figure = try await RankingGain.mean(of: index, queries: queries)
        print("nDCG@10, SciFact, dev: \(figure)")
        #expect(figure >= 0.671)
    }
}

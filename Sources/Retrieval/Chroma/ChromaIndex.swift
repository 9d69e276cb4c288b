package import FunctionKit
import Logging

/// An index in Chroma: passages are ranked by their vectors there and by their words here, and the two rankings fused.
///
/// Words are ranked by BM25 as in ``EmbeddedIndex``. A search waits for a Chroma that restarts until shortly before its
/// deadline. Where a budget has no room for the vector of a question, or two calls for it gave none, its words alone are
/// searched.
package struct ChromaIndex: ExplainingIndex {
    /// How many of each ranking are looked at: further down no passage comes to the first places by fusion.
    private static let candidates = 50
    /// What is left of an invocation for whoever asked.
    private static let margin = Duration.milliseconds(250)
    /// How long a look may take.
    private static let checkTime = Duration.seconds(2)

    private let client: ChromaClient
    private let embedder: any Embedder
    private let watch: CollectionWatch

    /// Makes an index; nothing is called yet.
    ///
    /// - Parameters:
    ///   - client: Reaches the collection.
    ///   - embedder: Makes the questions' vectors; the collection must have been filled with the same.
    ///   - lookInterval: How long words that an ingest has changed may go unseen.
    package init(client: ChromaClient, embedder: any Embedder, lookInterval: Duration = .seconds(10)) {
        self.client = client
        self.embedder = embedder
        watch = CollectionWatch(client: client, embedder: embedder, lookInterval: lookInterval)
    }

    /// The passages that fit best, by both rankings.
    ///
    /// - Returns: Passages with their fused score. Nothing where the query holds no word to search, and with an embedder
    ///   that knows words alone no passage without one of the query's words.
    /// - Throws: ``ChromaError``, what the embedder throws (but not that a budget has no room, or that two calls were in vain), or an error of SQLite.
    package func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage] {
        try await found(query, limit: limit, context: context).map(\.passage)
    }

    /// The same, with the reasons.
    ///
    /// - Throws: The same.
    package func explain(_ query: String, limit: Int, context: InvocationContext) async throws -> [FoundPassage] {
        var found = try await found(query, limit: limit, context: context)
        let words = try await SharedWords.of(query, in: found.map { "\($0.passage.heading)\n\($0.passage.text)" })
        for index in found.indices { found[index].words = words[index] }
        return found
    }

    /// Looks whether Chroma has the collection, and whether the embedder is the one that filled it.
    ///
    /// - Throws: ``ChromaError``.
    package func check() async throws {
        let deadline = ProcessClock.now + Self.checkTime
        guard let collection = try await client.collection(until: deadline) else {
            throw ChromaError.noCollection(client.configuration.collection)
        }
        try collection.check(embedder)
    }

    private func found(_ query: String, limit: Int, context: InvocationContext) async throws -> [FoundPassage] {
        guard !SearchTerms(query).isEmpty, limit > 0 else { return [] }
        let deadline = ProcessClock.now + (context.remaining - Self.margin)
        do {
            return try await ranked(query, limit: limit, context: context, until: deadline)
        } catch ChromaError.noCollection {
            // Another may have been made in its place since the last look.
            await watch.forget()
            return try await ranked(query, limit: limit, context: context, until: deadline)
        }
    }

    private func ranked(
        _ query: String, limit: Int, context: InvocationContext, until deadline: ProcessClock.Instant
    ) async throws -> [FoundPassage] {
        let view = try await watch.current(until: deadline)
        async let byWords = view.words.search(query, limit: Self.candidates)
        async let byVector = nearest(to: query, in: view.collection, context: context, until: deadline)
        return try await Self.fuse(byWords, byVector, needsWords: embedder.knowsWordsAlone, limit: limit)
    }

    private func nearest(
        to query: String, in collection: ChromaCollection, context: InvocationContext,
        until deadline: ProcessClock.Instant
    ) async throws -> [(record: ChromaRecord, similarity: Double)] {
        let vector: [Float]
        do {
            vector = try await embedder.embed([query], as: .query, context: context).first ?? []
        } catch LanguageModelError.budgetExhausted {
            context.logger.notice("no budget for the question's vector: its words alone are searched")
            return []
        } catch LanguageModelError.answerInDoubt {
            context.logger.notice("the question's vector was paid for twice in vain: its words alone are searched")
            return []
        }
        guard vector.contains(where: { $0 != 0 }) else { return [] }
        return try await client.nearest(to: vector, in: collection, limit: Self.candidates, until: deadline)
    }

    private static func fuse(
        _ byWords: [Passage], _ byVector: [(record: ChromaRecord, similarity: Double)], needsWords: Bool, limit: Int
    ) -> [FoundPassage] {
        var found: [String: FoundPassage] = [:]
        for (index, passage) in byWords.enumerated() {
            found[passage.id] = FoundPassage(
                passage: passage, byWords: .init(place: index + 1, score: passage.score), words: [])
        }
        // Words that share a place of the vector by chance are no likeness.
        let byVector = byVector.filter { !needsWords || found[$0.record.id] != nil }
        for (index, (record, similarity)) in byVector.enumerated() {
            // What Chroma says now counts more than the copy.
            var entry = found[record.id] ?? FoundPassage(passage: record.passage(score: 0), words: [])
            entry.passage = record.passage(score: 0)
            entry.byVector = .init(place: index + 1, score: similarity)
            found[record.id] = entry
        }
        let scores = RankFusion.scores([byWords.map(\.id), byVector.map(\.record.id)])
        for (id, score) in scores { found[id]?.passage.score = score }
        return Array(
            found.values.sorted { ($1.passage.score, $0.passage.id) < ($0.passage.score, $1.passage.id) }
                .prefix(limit))
    }
}

package import FunctionKit

/// A passage that was found, and why.
package struct FoundPassage: Sendable, Hashable {
    /// Where one of the rankings put it.
    package struct Rank: Sendable, Hashable {
        /// Its place, from 1.
        package var place: Int
        /// Its score in that ranking.
        package var score: Double
    }

    /// The passage, with the score by which it was found.
    package var passage: Passage
    /// Its place by the words that it shares with the query (BM25); nil where it is not among the first.
    package var byWords: Rank?
    /// Its place by its vector (cosine similarity); nil where it is not among the first, or vectors are not searched.
    package var byVector: Rank?
    /// The query's words that it holds, as the query has them.
    package var words: [String]
}

/// An index that can say why it found what it found.
package protocol ExplainingIndex: PassageIndex {
    /// What ``PassageIndex/search(_:limit:context:)`` gives, with the reasons.
    ///
    /// - Throws: The same.
    func explain(_ query: String, limit: Int, context: InvocationContext) async throws -> [FoundPassage]

    /// Looks whether a search could be answered now, without paying for one.
    ///
    /// - Throws: Why not.
    func check() async throws
}

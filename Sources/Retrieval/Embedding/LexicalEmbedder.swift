import Foundation
package import FunctionKit
import GRDB

/// Makes vectors from the words of a text alone: nothing to install, nothing to pay, the same in every run.
///
/// Words are cut and folded to their stem exactly as in ``EmbeddedIndex``. Each stem has a place in the vector, and a
/// sign, by its hash (feature hashing, Weinberger et al. 2009, <https://arxiv.org/abs/0902.2206>); a stem that comes n
/// times counts 1 + ln n, and the vector is scaled to length 1.
package struct LexicalEmbedder: Embedder {
    /// Its name; a change of how vectors are made needs a new number in it.
    package let name = "lexical-1"
    /// How many numbers a vector has: enough that of a passage's hundred stems few share a place.
    package let dimension = 768
    /// It does.
    package let knowsWordsAlone = true
    /// As many as a batch has.
    package let textsMax = 256

    private let stems: WordStems

    /// Makes an embedder.
    ///
    /// - Throws: An error of SQLite.
    package init() throws { stems = try WordStems() }

    /// The vectors of some texts; costs nothing, and `context` does not matter.
    ///
    /// - Throws: An error of SQLite, or `CancellationError`.
    package func embed(
        _ texts: [String], as role: EmbeddingRole, context: InvocationContext
    ) async throws -> [[Float]] {
        try await stems.of(texts).map(vector)
    }

    private func vector(_ stems: [String]) -> [Float] {
        var counts: [String: Int] = [:]
        for stem in stems { counts[stem, default: 0] += 1 }
        var vector = [Float](repeating: 0, count: dimension)
        // In one order, so that sums of numbers are the same in every run.
        for (stem, count) in counts.sorted(by: { $0.key < $1.key }) {
            let hash = Self.hash(stem)
            let weight = 1 + log(Float(count))
            vector[Int(hash % UInt64(dimension))] += hash >> 63 == 0 ? weight : -weight
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }

    /// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): Swift's own hash differs in every process.
    private static func hash(_ text: String) -> UInt64 {
        // Mixed once more: the highest and the lowest bits of short texts are not independent of each other.
        var hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ (hash >> 32)) &* 0xd6e8_feb8_6659_fd93
        return hash ^ (hash >> 32)
    }
}

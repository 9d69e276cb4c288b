package import Retrieval

/// What an ingest is going to change in a collection.
package struct IngestPlan: Sendable {
    /// The collection; nil where it is to be made.
    package let collection: ChromaCollection?
    /// Passages that are not there, or not as they are now; in the order of the files.
    package let writes: [Chunk]
    /// How many of ``writes`` stand in the place of an older text.
    package let replacements: Int
    /// How many passages are there as they are.
    package let unchanged: Int
    /// The ids of passages that are in the collection and in no file, ordered.
    package let stale: [String]
    /// What the collection holds afterwards but for pruning: the digest of each id.
    let digests: [String: String]

    /// Compares a corpus with what a collection holds.
    ///
    /// - Parameters:
    ///   - chunks: The passages of the files.
    ///   - collection: Nil where there is none yet.
    ///   - held: The digests of what it holds, by id; empty for a record that came from elsewhere.
    init(chunks: [Chunk], collection: ChromaCollection?, held: [String: String]) {
        self.collection = collection
        writes = chunks.filter { held[$0.id] != $0.digest }
        replacements = writes.count { held[$0.id] != nil }
        unchanged = chunks.count - writes.count
        let ids = Set(chunks.map(\.id))
        stale = held.keys.filter { !ids.contains($0) }.sorted()
        digests = held.merging(chunks.map { ($0.id, $0.digest) }) { $1 }
    }
}

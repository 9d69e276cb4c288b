/// A collection as its server describes it.
package struct ChromaCollection: Sendable, Hashable, Decodable {
    /// What `sluice ingest` writes into a collection's metadata.
    package struct Metadata: Sendable, Hashable, Codable {
        /// How vectors are compared; 0.5 believes this, whatever its own configuration says.
        package var space: String?
        /// What made the vectors: an embedder's name and dimension.
        package var embedder: String?
        /// Changes whenever the passages do; nil while the first ingest is under way.
        package var revision: String?

        private enum CodingKeys: String, CodingKey {
            case space = "hnsw:space"
            case embedder = "sluice:embedder"
            case revision = "sluice:revision"
        }

        /// Of a collection whose vectors an embedder makes.
        package init(embedder: any Embedder, revision: String? = nil) {
            space = "cosine"
            self.embedder = Self.name(embedder)
            self.revision = revision
        }

        static func name(_ embedder: any Embedder) -> String { "\(embedder.name)/\(embedder.dimension)" }
    }

    /// The server's name for it, which its records are reached by.
    package var id: String
    /// Its name.
    package var name: String
    /// Nil where its maker wrote none.
    package var metadata: Metadata?

    /// Refuses an embedder that did not make the collection's vectors.
    ///
    /// - Throws: ``ChromaError/unknownEmbedder(collection:)`` or ``ChromaError/otherEmbedder(collection:its:ours:)``.
    package func check(_ embedder: any Embedder) throws(ChromaError) {
        guard let its = metadata?.embedder else { throw .unknownEmbedder(collection: name) }
        let ours = Metadata.name(embedder)
        guard its == ours else { throw .otherEmbedder(collection: name, its: its, ours: ours) }
    }
}

package import Bedrock
package import Retrieval

/// A collection in Chroma for those who fill it.
package struct CorpusAccess: Sendable {
    /// In whose name the vectors of an ingest are paid.
    package static let function = "ingest"

    /// The collection.
    package let client: ChromaClient
    /// Makes its vectors.
    package let embedder: any Embedder
    /// The model that is paid; nil where nothing is.
    package let paidModel: EmbeddingModel?
}

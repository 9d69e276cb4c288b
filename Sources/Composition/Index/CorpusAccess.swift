import Bedrock
import Retrieval

/// A collection in Chroma for those who fill it.
struct CorpusAccess: Sendable {
    /// In whose name the vectors of an ingest are paid.
    static let function = "ingest"

    let client: ChromaClient
    let embedder: any Embedder
    /// The model that is paid; nil where nothing is.
    let paidModel: EmbeddingModel?
}

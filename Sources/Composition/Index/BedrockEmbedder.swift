import Bedrock
import FunctionKit
import Retrieval

/// An embedding model on Bedrock as an index sees it.
///
/// Each vector is paid for under a reservation.
struct BedrockEmbedder: Embedder {
    /// Vectors of the stand-in say nothing beside a model's own, so that they have another name.
    let name: String
    let knowsWordsAlone = false
    let textsMax = 96

    var dimension: Int { embeddings.model.dimension }

    private let embeddings: GovernedEmbeddings

    /// Makes an embedder.
    ///
    /// - Parameters:
    ///   - embeddings: The model.
    ///   - isStandIn: Whether the stand-in plays it.
    init(_ embeddings: GovernedEmbeddings, isStandIn: Bool) {
        self.embeddings = embeddings
        name = (isStandIn ? "stand-in for " : "") + embeddings.model.rawValue
    }

    func embed(_ texts: [String], as role: EmbeddingRole, context: InvocationContext) async throws -> [[Float]] {
        try await embeddings.vectors(of: texts, for: role == .query ? .query : .document, context: context)
    }
}

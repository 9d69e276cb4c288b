import Bedrock
import Retrieval

/// What makes vectors.
enum EmbedderChoice: Sendable, Hashable {
    /// Words alone.
    case lexical
    /// A model that is paid.
    case bedrock(EmbeddingModel)

    /// Reads the setting.
    ///
    /// - Throws: ``SetupProblem``.
    init(_ name: String) throws {
        if name == "lexical" {
            self = .lexical
        } else if let model = EmbeddingModel(rawValue: name) {
            self = .bedrock(model)
        } else {
            let names = ["lexical"] + EmbeddingModel.allCases.map(\.rawValue)
            throw SetupProblem("SLUICE_CHROMA_EMBEDDER is no embedder; write one of \(names.joined(separator: ", "))")
        }
    }

    /// Makes it.
    func embedder(embeddings: (EmbeddingModel) -> GovernedEmbeddings, isStandIn: Bool) throws -> any Embedder {
        switch self {
        case .lexical: try LexicalEmbedder()
        case .bedrock(let model): BedrockEmbedder(embeddings(model), isStandIn: isStandIn)
        }
    }
}

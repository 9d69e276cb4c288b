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

    /// Makes it, with what paid calls are made with where this is one that is paid.
    func embedder(_ models: PaidModels?) throws -> any Embedder {
        switch self {
        case .lexical: return try LexicalEmbedder()
        case .bedrock(let model):
            guard let models else {
                throw SetupProblem("vectors of \(model.rawValue) are paid for, and no model is asked")
            }
            return BedrockEmbedder(models.embeddings(model), isStandIn: models.isStandIn)
        }
    }
}

import Bedrock
import FunctionKit
import HTTPTransport

/// Makes the models that functions and index ask, each under the limit.
struct PaidModels: Sendable {
    private let paid: PaidParts
    private let client: BedrockModel
    private let guarded: (@Sendable (any LanguageModel) -> any LanguageModel)?

    /// Whether a stand-in plays them.
    var isStandIn: Bool { if case .standIn = paid.place { true } else { false } }

    /// Makes models.
    ///
    /// - Parameters:
    ///   - paid: What their calls need.
    ///   - endpoint: Where they are.
    ///   - http: Reaches them; the caller shuts it down.
    ///   - watch: Sees the calls.
    ///   - guarded: What functions get in a model's place; nil for the model itself.
    init(
        _ paid: PaidParts, endpoint: String, http: HTTPClient, watch: CallWatch,
        guarded: (@Sendable (any LanguageModel) -> any LanguageModel)?
    ) {
        self.paid = paid
        self.guarded = guarded
        client = BedrockModel(
            endpoint: endpoint, region: paid.region, credentials: paid.credentials, http: http, watch: watch)
    }

    /// A function's model.
    func model(_ asked: AskedParts.Model) -> any LanguageModel {
        let model = GovernedModel(
            governor: paid.governor, client: client, model: asked.id, callTimeout: asked.callTimeout)
        return guarded?(model) ?? model
    }

    /// A model of vectors, whose calls may take as long as the first function's.
    func embeddings(_ model: EmbeddingModel) -> GovernedEmbeddings {
        GovernedEmbeddings(
            governor: paid.governor, client: client, model: model, region: paid.region, callTimeout: paid.callTimeout)
    }
}

import Bedrock
import HTTPTransport

/// Makes the models that functions and index ask, each under the limit.
struct PaidModels: Sendable {
    private let paid: PaidParts
    private let client: BedrockModel

    /// Whether the stand-in plays them.
    var isStandIn: Bool { paid.endpoint == nil }

    /// Makes models.
    ///
    /// - Parameters:
    ///   - paid: What their calls need.
    ///   - endpoint: Where they are.
    ///   - http: Reaches them; the caller shuts it down.
    ///   - watch: Sees the calls.
    init(_ paid: PaidParts, endpoint: String, http: HTTPClient, watch: CallWatch) {
        self.paid = paid
        client = BedrockModel(
            endpoint: endpoint, region: paid.region, credentials: paid.credentials, http: http, watch: watch)
    }

    /// A function's model.
    func model(_ asked: AskedParts.Model) -> GovernedModel {
        GovernedModel(governor: paid.governor, client: client, model: asked.id, callTimeout: asked.callTimeout)
    }

    /// A model of vectors, whose calls may take as long as the first function's.
    func embeddings(_ model: EmbeddingModel) -> GovernedEmbeddings {
        GovernedEmbeddings(
            governor: paid.governor, client: client, model: model, region: paid.region, callTimeout: paid.callTimeout)
    }
}

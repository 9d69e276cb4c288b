import Bedrock
import FunctionKit
import HTTPTransport
import SpendingSQLite

/// Makes the models that functions and index ask, each under the limit.
struct PaidModels: Sendable {
    private let paid: PaidParts
    private let client: BedrockModel
    private let realModel: RealModelNote?

    /// Whether the stand-in plays them.
    var isStandIn: Bool { paid.endpoint == nil }

    /// Makes models.
    ///
    /// - Parameters:
    ///   - paid: What their calls need.
    ///   - endpoint: Where they are.
    ///   - http: Reaches them; the caller shuts it down.
    ///   - watch: Sees the calls.
    ///   - realModel: Looked at before each call of the stand-in; nil where nobody does.
    init(_ paid: PaidParts, endpoint: String, http: HTTPClient, watch: CallWatch, realModel: RealModelNote?) {
        self.paid = paid
        self.realModel = realModel
        client = BedrockModel(
            endpoint: endpoint, region: paid.region, credentials: paid.credentials, http: http, watch: watch)
    }

    /// A function's model.
    func model(_ asked: AskedParts.Model) -> any LanguageModel {
        let model = GovernedModel(
            governor: paid.governor, client: client, model: asked.id, callTimeout: asked.callTimeout)
        return realModel.map { ModestStandIn(standIn: model, note: $0) } ?? model
    }

    /// A model of vectors, whose calls may take as long as the first function's.
    func embeddings(_ model: EmbeddingModel) -> GovernedEmbeddings {
        GovernedEmbeddings(
            governor: paid.governor, client: client, model: model, region: paid.region, callTimeout: paid.callTimeout)
    }
}

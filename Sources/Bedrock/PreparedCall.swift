import FunctionKit
import Hashing
import Spending

/// A request with its name in the ledger.
struct PreparedCall {
    /// The body, the same for every Llama 3 model.
    let body: LlamaRequest
    private let id: CallID
    private let tenant: String?
    private let outputTokensMin: Int

    /// Nil where a number of the request is none.
    init?(_ request: ModelRequest, ordinal: Int, context: InvocationContext) {
        body = LlamaRequest(
            prompt: request.prompt, outputTokensMax: request.maxTokens, temperature: request.temperature,
            topP: request.topP)
        // The encoder's only failure is a number that JSON cannot hold; its error would quote the request.
        guard let bytes = try? body.encoded() else { return nil }
        id = CallID(
            questionID: context.questionID, function: context.functionName, ordinal: ordinal,
            digest: SHA256.hex(bytes))
        tenant = context.tenant
        outputTokensMin = request.minTokens
    }

    /// The call as one model's budgets see it.
    ///
    /// Its name does not change with the model, so that an answer of the fallback
    /// model is found again and not paid twice.
    func call(to model: ModelID) -> PaidCall {
        PaidCall(
            id: id, model: model, tenant: tenant, inputBytes: body.prompt.utf8.count,
            outputTokensMax: body.outputTokensMax, outputTokensMin: outputTokensMin)
    }
}

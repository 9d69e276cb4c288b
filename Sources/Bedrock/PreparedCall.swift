import FoundationEssentials
import FunctionKit
import Hashing
import Spending

/// A request in the bytes that are sent, with its name in the ledger.
struct PreparedCall {
    /// The body, the same for every Llama 3 model.
    let body: Data
    private let id: CallID
    private let tenant: String?
    private let inputBytes: Int
    private let outputTokensMax: Int

    /// Nil where a number of the request is none.
    init?(_ request: ModelRequest, ordinal: Int, context: InvocationContext) {
        let llama = LlamaRequest(
            prompt: request.prompt, outputTokensMax: request.maxTokens, temperature: request.temperature,
            topP: request.topP)
        // The encoder's only failure is a number that JSON cannot hold; its error would quote the request.
        guard let body = try? llama.encoded() else { return nil }
        self.body = body
        id = CallID(
            questionID: context.questionID, function: context.functionName, ordinal: ordinal,
            digest: SHA256.hex(body))
        tenant = context.tenant
        inputBytes = request.prompt.utf8.count
        outputTokensMax = request.maxTokens
    }

    /// The call as one model's budgets see it.
    ///
    /// Its name does not change with the model, so that an answer of the fallback
    /// model is found again and not paid twice.
    func call(to model: ModelID) -> PaidCall {
        PaidCall(id: id, model: model, tenant: tenant, inputBytes: inputBytes, outputTokensMax: outputTokensMax)
    }
}

import FunctionKit
import Hashing
import Spending

/// A request with its name in the ledger.
struct PreparedCall<Body: ModelBody>: Sendable {
    /// The body, the same for every model of a family.
    let body: Body
    private let id: CallID
    private let tenant: String?
    private let outputTokensMin: Int

    /// Nil where a number of the request is none.
    ///
    /// - Parameters:
    ///   - body: What is asked.
    ///   - outputTokensMin: The fewest tokens that the caller would still ask for.
    ///   - ordinal: Tells apart calls of one invocation that ask the same.
    ///   - context: In whose name the call is made.
    init?(_ body: Body, outputTokensMin: Int, ordinal: Int, context: InvocationContext) {
        self.body = body
        // The encoder's only failure is a number that JSON cannot hold; its error would quote the request.
        guard let bytes = try? body.encoded() else { return nil }
        id = CallID(
            questionID: context.runID, function: context.functionName, ordinal: ordinal,
            digest: SHA256.hex(bytes))
        tenant = context.tenant
        self.outputTokensMin = outputTokensMin
    }

    /// The call as one model's budgets see it.
    ///
    /// Its name does not change with the model, so that an answer of the fallback
    /// model is found again and not paid twice.
    func call(to model: ModelID) -> PaidCall {
        PaidCall(
            id: id, model: model, tenant: tenant, inputBytes: body.inputBytes, messages: body.messages,
            outputTokensMax: body.outputTokensMax, outputTokensMin: outputTokensMin,
            isNamedByDigest: Body.isNamedByDigest)
    }
}

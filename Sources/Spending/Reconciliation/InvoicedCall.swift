package import FoundationEssentials
package import FunctionKit

/// A paid call as the provider's own log has it.
package struct InvoicedCall: Sendable, Hashable {
    /// The provider's name for the call.
    package var requestID: String
    /// When the provider took it, by the provider's clock.
    package var at: Date
    /// What was asked, as the log names it: a name, or an address such as an ARN that ends in it.
    package var model: String
    /// Where it was asked.
    package var region: String
    /// The tokens; nil where the log has no counts.
    package var usage: TokenUsage?
    /// Whether the provider answered with an error.
    package var isError: Bool
    /// The hold that the caller said it has.
    package var holdID: String?
    /// The question that the caller said it is made for.
    package var questionID: String?

    /// Makes a call.
    package init(
        requestID: String, at: Date, model: String, region: String, usage: TokenUsage?, isError: Bool = false,
        holdID: String? = nil, questionID: String? = nil
    ) {
        self.requestID = requestID
        self.at = at
        self.model = model
        self.region = region
        self.usage = usage
        self.isError = isError
        self.holdID = holdID
        self.questionID = questionID
    }

    /// Whether there is something to pay: an error without tokens costs nothing.
    var isServed: Bool {
        guard isError else { return true }
        guard let usage else { return false }
        return usage != TokenUsage(inputTokens: 0, outputTokens: 0)
    }
}

/// The last part of a model's address, by which journal and log are compared.
///
/// `arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-70b-instruct-v1:0` is `meta.llama3-70b-instruct-v1:0`.
func modelName(_ model: String) -> String {
    model.split(separator: "/").last.map(String.init) ?? model
}

/// Whether two names or addresses are the same model's.
///
/// A geographic profile, `us.meta.llama3-3-70b-instruct-v1:0`, may be logged as the model that it routes to.
func isSameModel(_ left: String, _ right: String) -> Bool {
    let (left, right) = (modelName(left), modelName(right))
    return left == right || left.hasSuffix(".\(right)") || right.hasSuffix(".\(left)")
}

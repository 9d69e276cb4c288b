/// A text model that a function may ask, under a spending limit that the function cannot walk around.
public protocol LanguageModel: Sendable {
    /// Asks the model once.
    ///
    /// A call is named by run, function, its ordinal within the invocation and the digest of the request: a call
    /// whose answer is stored is answered from the store and not paid again.
    ///
    /// - Throws: ``LanguageModelError``. ``LanguageModelError/budgetExhausted(_:)`` says what the budget wants done: a
    ///   function handles ``ExhaustedPolicy/answerWithoutModel`` and lets the others pass to the host.
    func generate(_ request: ModelRequest, context: InvocationContext) async throws(LanguageModelError) -> ModelReply
}

/// What a model is asked.
public struct ModelRequest: Sendable, Hashable {
    /// The whole prompt, in the model's own chat template.
    public var prompt: String
    /// The most tokens that the model may write.
    public var maxTokens: Int
    /// The fewest that are still worth asking for, where a budget has no room for more.
    public var minTokens: Int
    /// 0 is the most predictable, 1 the most varied.
    public var temperature: Double
    /// The share of probable tokens that are considered, 0 to 1.
    public var topP: Double

    /// Makes a request; without `minTokens` it is asked whole or not at all.
    public init(prompt: String, maxTokens: Int, minTokens: Int? = nil, temperature: Double, topP: Double) {
        self.prompt = prompt
        self.maxTokens = maxTokens
        self.minTokens = min(minTokens ?? maxTokens, maxTokens)
        self.temperature = temperature
        self.topP = topP
    }
}

/// What a model answered.
public struct ModelReply: Sendable, Hashable {
    /// Why the model stopped.
    public enum StopReason: String, Sendable, Codable {
        /// The answer is complete.
        case stop
        /// The answer was cut at ``ModelRequest/maxTokens``.
        case length
        /// For another reason, such as a filter, or the service does not say; the text is all that there is.
        case other
    }

    /// The text that the model wrote.
    public var text: String
    /// Why it stopped.
    public var stopReason: StopReason
    /// The tokens that were paid for.
    public var usage: TokenUsage
    /// What the call cost, in nano-dollars, with what was charged for it when it brought no answer before.
    public var costNanoUSD: Int64
    /// The id of the model that answered, which may be a budget's fallback model.
    public var model: String

    /// Makes a reply.
    public init(text: String, stopReason: StopReason, usage: TokenUsage, costNanoUSD: Int64, model: String) {
        self.text = text
        self.stopReason = stopReason
        self.usage = usage
        self.costNanoUSD = costNanoUSD
        self.model = model
    }
}

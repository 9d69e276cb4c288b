/// Tokens that a model read and wrote.
public struct TokenUsage: Sendable, Hashable, Codable {
    /// Tokens of the prompt.
    public var inputTokens: Int
    /// Tokens of the answer.
    public var outputTokens: Int

    /// Makes a usage.
    public init(inputTokens: Int, outputTokens: Int) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    private enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
    }
}

package import FunctionKit

/// How the model is asked.
package struct ModelParameters: Sendable, Hashable {
    /// The least ``promptBytesMax`` that leaves room for a question and a passage beside the instructions.
    package static let promptBytesMin = 3_000

    /// The most tokens that an answer may have.
    package var maxTokens: Int
    /// The fewest with which an answer is still worth having, where a budget has no room for more.
    package var minTokens: Int
    /// 0 is the most predictable, 1 the most varied.
    package var temperature: Double
    /// The share of probable tokens that are considered, 0 to 1.
    package var topP: Double
    /// The longest prompt in bytes of UTF-8.
    ///
    /// Llama 3's tokeniser makes at most one token of a byte, so that 7,000 bytes and an answer of 512 tokens surely
    /// fit its window of 8,192 tokens (<https://github.com/meta-llama/llama3/blob/main/MODEL_CARD.md>).
    package var promptBytesMax: Int

    /// The largest call that is made, with the fewest tokens that it would still ask for.
    package var largestCall: ModelCallSize { ModelCallSize(promptBytes: promptBytesMax, outputTokens: minTokens) }

    /// Makes parameters; ``promptBytesMax`` must be at least ``promptBytesMin``.
    package init(
        maxTokens: Int = 512, minTokens: Int = 256, temperature: Double = 0.2, topP: Double = 0.9,
        promptBytesMax: Int = 7_000
    ) {
        precondition(promptBytesMax >= Self.promptBytesMin, "a prompt needs room for a question and a passage")
        self.maxTokens = maxTokens
        self.minTokens = min(minTokens, maxTokens)
        self.temperature = temperature
        self.topP = topP
        self.promptBytesMax = promptBytesMax
    }
}

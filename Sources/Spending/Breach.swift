package import FunctionKit

/// A call that cost more than its bound: the proof of the bound was wrong.
package struct Breach: Sendable, Hashable {
    /// The call's size.
    package var inputBytes: Int
    /// Its messages.
    package var messages: Int
    /// The most tokens that the model was to write.
    package var outputTokensMax: Int
    /// The tokens that were paid for.
    package var usage: TokenUsage

    /// Makes a breach.
    package init(inputBytes: Int, messages: Int, outputTokensMax: Int, usage: TokenUsage) {
        self.inputBytes = inputBytes
        self.messages = messages
        self.outputTokensMax = outputTokensMax
        self.usage = usage
    }
}

extension Price {
    /// Whether the bound, as it is now, would have held what the call cost: it has been raised since the breach.
    ///
    /// Both are counted at this price, so that a dearer price alone does not heal a breach.
    package func covers(_ breach: Breach) -> Bool {
        guard let tokens = bound.inputTokensMax(bytes: breach.inputBytes, messages: breach.messages),
            let held = cost(of: TokenUsage(inputTokens: tokens, outputTokens: breach.outputTokensMax)),
            let spent = cost(of: breach.usage)
        else { return false }
        return spent <= held
    }
}

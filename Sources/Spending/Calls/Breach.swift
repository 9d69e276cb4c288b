package import FunctionKit

/// A call that cost more than its bound, or whose model wrote more than it was granted: the proof of the bound was wrong.
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

extension Settlement {
    /// Whether a call broke its bound.
    ///
    /// A model that ignored what it was granted did, also where a short prompt left room for that: its next call may cost
    /// anything.
    ///
    /// - Parameters:
    ///   - call: The call, with the output tokens that were granted.
    ///   - bound: What was held.
    /// - Returns: Whether it did.
    package func isBreach(of call: PaidCall, bound: Money) -> Bool {
        cost > bound || countedBy != .bound && usage.outputTokens > call.outputTokensMax
    }
}

extension Price {
    /// Whether the bound, as it is now, would have held what the call cost: it has been raised since the breach, or the
    /// count cannot be true by what is known of the model now, and so was no breach.
    ///
    /// No bound covers a model that ignores what it is granted.
    ///
    /// Both are counted at this price, and all of the prompt at one rate, so that a dearer price alone, or a rate for
    /// cached tokens, does not heal a breach.
    package func covers(_ breach: Breach) -> Bool {
        let usage = breach.usage
        let call = PaidCall(
            id: CallID(questionID: "", function: "", ordinal: 0, digest: ""), model: model, tenant: nil,
            inputBytes: breach.inputBytes, messages: breach.messages, outputTokensMax: breach.outputTokensMax)
        guard TokenLimits(of: call, at: self, answerBytes: nil).admit(usage) else { return true }
        guard usage.outputTokens <= breach.outputTokensMax else { return false }
        let (cached, isTooMany) = usage.cacheReadTokens.addingReportingOverflow(usage.cacheWriteTokens)
        let (prompt, isTooLong) = usage.inputTokens.addingReportingOverflow(cached)
        guard !isTooMany, !isTooLong, min(usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens) >= 0,
            let tokens = bound.inputTokensMax(bytes: breach.inputBytes, messages: breach.messages),
            let held = uncached(prompt: tokens, output: breach.outputTokensMax),
            let spent = uncached(prompt: prompt, output: usage.outputTokens)
        else { return false }
        return spent <= held
    }

    private func uncached(prompt: Int, output: Int) -> Money? {
        var price = self
        price.inputNanoUSDPerToken = rates.promptNanoUSDPerTokenMax
        return price.cost(of: TokenUsage(inputTokens: prompt, outputTokens: output))
    }
}

package import FoundationEssentials
package import FunctionKit

/// What one model costs from an instant on, and why its calls cannot cost more than they hold.
package struct Price: Sendable, Hashable {
    /// The model.
    package var model: ModelID
    /// The instant from which the price is in force.
    package var from: Date
    /// Nano-dollars for a token that the model reads.
    package var inputNanoUSDPerToken: Int64
    /// Nano-dollars for a token that the model writes.
    package var outputNanoUSDPerToken: Int64
    /// The most tokens that a text can be.
    package var bound: TokenBound
    /// Where the price was read.
    package var source: String
    /// The day on which it was read, such as `2026-11-23`.
    package var read: String

    /// Makes a price.
    package init(
        model: ModelID, from: Date, inputNanoUSDPerToken: Int64, outputNanoUSDPerToken: Int64, bound: TokenBound,
        source: String, read: String
    ) {
        self.model = model
        self.from = from
        self.inputNanoUSDPerToken = inputNanoUSDPerToken
        self.outputNanoUSDPerToken = outputNanoUSDPerToken
        self.bound = bound
        self.source = source
        self.read = read
    }

    /// What the tokens cost; nil where the count cannot be true or the amount does not fit.
    package func cost(of usage: TokenUsage) -> Money? {
        guard usage.inputTokens >= 0, usage.outputTokens >= 0,
            let input = Money(nanoUSD: inputNanoUSDPerToken).multiplied(by: Int64(usage.inputTokens)),
            let output = Money(nanoUSD: outputNanoUSDPerToken).multiplied(by: Int64(usage.outputTokens))
        else { return nil }
        return input.adding(output)
    }

    /// The most that a call can cost.
    ///
    /// 1,000 bytes in one message with 512 tokens out, at 1 token a byte, 8 a message, 8 fixed and 3180 and 4200
    /// nano-dollars a token: (1000 + 8 + 8) * 3180 + 512 * 4200 = 5,381,280 nano-dollars.
    ///
    /// - Throws: ``GovernorError/unbounded`` where the amount does not fit.
    package func bound(of call: PaidCall) throws(GovernorError) -> Money {
        guard let inputTokens = bound.inputTokensMax(bytes: call.inputBytes, messages: call.messages),
            let cost = cost(of: TokenUsage(inputTokens: inputTokens, outputTokens: call.outputTokensMax))
        else { throw .unbounded }
        return cost
    }
}

extension Price {
    /// The most output tokens, up to the call's own, with which its bound fits; nil where it fits with none.
    package func outputTokensMax(of call: PaidCall, within room: Money) -> Int? {
        var silent = call
        silent.outputTokensMax = 0
        guard let input = try? bound(of: silent), let rest = room.subtracting(input), rest >= .zero else { return nil }
        guard outputNanoUSDPerToken > 0 else { return call.outputTokensMax }
        return min(call.outputTokensMax, Int(rest.nanoUSD / outputNanoUSDPerToken))
    }
}

/// The most tokens that a model can read a text as.
package struct TokenBound: Sendable, Hashable {
    /// Billionths of a token for each byte of the text in UTF-8.
    package var nanoTokensPerByte: Int64
    /// Tokens that each message adds.
    package var tokensPerMessage: Int
    /// Tokens that each call adds.
    package var fixed: Int
    /// Why no text can be more.
    package var because: String

    /// Makes a bound.
    package init(nanoTokensPerByte: Int64, tokensPerMessage: Int, fixed: Int, because: String) {
        self.nanoTokensPerByte = nanoTokensPerByte
        self.tokensPerMessage = tokensPerMessage
        self.fixed = fixed
        self.because = because
    }

    /// The bound on a call's input, rounded up; nil where the sizes are negative or the bound does not fit.
    package func inputTokensMax(bytes: Int, messages: Int) -> Int? {
        guard bytes >= 0, messages >= 0 else { return nil }
        let (scaled, overflow) = nanoTokensPerByte.multipliedReportingOverflow(by: Int64(bytes))
        let (ofMessages, messagesOverflow) = tokensPerMessage.multipliedReportingOverflow(by: messages)
        guard !overflow, !messagesOverflow else { return nil }
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Billionths.one)
        let (sum, sumOverflow) = (Int(whole) + (rest > 0 ? 1 : 0)).addingReportingOverflow(ofMessages)
        let (total, totalOverflow) = sum.addingReportingOverflow(fixed)
        return sumOverflow || totalOverflow ? nil : total
    }
}

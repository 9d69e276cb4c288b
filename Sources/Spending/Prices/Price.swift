package import FoundationEssentials
package import FunctionKit

/// What one model costs from an instant on, and why its calls cannot cost more than they hold.
package struct Price: Sendable, Hashable {
    /// The model.
    package var model: ModelID
    /// The first instant at which the price is in force.
    package var from: Date
    /// The first instant at which it is no longer in force; nil until the model's next price begins.
    package var until: Date?
    /// Nano-dollars for a token that the model reads.
    package var inputNanoUSDPerToken: Int64
    /// Nano-dollars for a token that the model writes.
    package var outputNanoUSDPerToken: Int64
    /// Nano-dollars for a token of the prompt that the service had in its cache; nil where no such rate is known.
    package var cacheReadNanoUSDPerToken: Int64?
    /// Nano-dollars for a token of the prompt that the service puts into its cache; nil where no such rate is known.
    package var cacheWriteNanoUSDPerToken: Int64?
    /// The most tokens that a text can be.
    package var bound: TokenBound
    /// The most tokens that the model reads and writes in one conversation, or reads of one text that it embeds; nil where
    /// that is not known.
    package var windowTokens: Int?
    /// Where the price was read.
    package var source: String
    /// The day on which it was read, such as `2026-11-23`.
    package var read: String

    /// Makes a price.
    package init(
        model: ModelID, from: Date, until: Date? = nil, inputNanoUSDPerToken: Int64, outputNanoUSDPerToken: Int64,
        cacheReadNanoUSDPerToken: Int64? = nil, cacheWriteNanoUSDPerToken: Int64? = nil, bound: TokenBound,
        windowTokens: Int? = nil, source: String, read: String
    ) {
        self.model = model
        self.from = from
        self.until = until
        self.inputNanoUSDPerToken = inputNanoUSDPerToken
        self.outputNanoUSDPerToken = outputNanoUSDPerToken
        self.cacheReadNanoUSDPerToken = cacheReadNanoUSDPerToken
        self.cacheWriteNanoUSDPerToken = cacheWriteNanoUSDPerToken
        self.bound = bound
        self.windowTokens = windowTokens
        self.source = source
        self.read = read
    }

    /// What the journal keeps of the price.
    package var rates: TokenRates {
        TokenRates(
            from: from, inputNanoUSDPerToken: inputNanoUSDPerToken, outputNanoUSDPerToken: outputNanoUSDPerToken,
            cacheReadNanoUSDPerToken: cacheReadNanoUSDPerToken, cacheWriteNanoUSDPerToken: cacheWriteNanoUSDPerToken)
    }

    /// What the tokens cost; see ``TokenRates/cost(of:)``.
    package func cost(of usage: TokenUsage) -> Money? { rates.cost(of: usage) }

    /// The most that a call can cost: all of its prompt at the dearest of the rates for input, cache reads and cache
    /// writes, for nobody knows before the call what the service has in its cache.
    ///
    /// 1,000 bytes in one message with 512 tokens out, at 1 token a byte, 8 a message, 8 fixed and 3180 and 4200
    /// nano-dollars a token: (1000 + 8 + 8) * 3180 + 512 * 4200 = 5,381,280 nano-dollars. The same call where tokens
    /// read from the cache cost 318 and tokens written to it 3975: (1000 + 8 + 8) * 3975 + 512 * 4200 = 6,189,000.
    ///
    /// - Throws: ``GovernorError/unbounded`` where the amount does not fit.
    package func bound(of call: PaidCall) throws(GovernorError) -> Money {
        guard call.outputTokensMax >= 0, let prompt = promptBound(of: call),
            let output = Money(nanoUSD: outputNanoUSDPerToken).multiplied(by: Int64(call.outputTokensMax)),
            let sum = prompt.adding(output)
        else { throw .unbounded }
        return sum
    }

    /// The most output tokens, up to what the call asks for, with which its bound fits a budget's room.
    ///
    /// - Parameters:
    ///   - call: The call, with the most tokens that it would like to have written.
    ///   - room: What its bound may be at most.
    /// - Returns: From 0 to the call's ``PaidCall/outputTokensMax``; nil where the prompt alone does not fit.
    package func outputTokensMax(of call: PaidCall, within room: Money) -> Int? {
        guard call.outputTokensMax >= 0, let prompt = promptBound(of: call), let rest = room.subtracting(prompt),
            rest >= .zero
        else { return nil }
        // Embedding models write nothing, and nothing of it costs anything.
        guard outputNanoUSDPerToken > 0 else { return call.outputTokensMax }
        return min(call.outputTokensMax, Int(rest.nanoUSD / outputNanoUSDPerToken))
    }

    private func promptBound(of call: PaidCall) -> Money? {
        bound.inputTokensMax(bytes: call.inputBytes, messages: call.messages)
            .flatMap { Money(nanoUSD: rates.promptNanoUSDPerTokenMax).multiplied(by: Int64($0)) }
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

package import FunctionKit

/// The counts of a call's tokens that can be true; any other is doubt, and doubt is the bound.
///
/// Fewer than the texts can be is no count, nor is none for a text. From there on three spans follow each other. Up to what the call holds, a count is as expected. Above that it may be true, and the
/// proof of the bound wrong: it is charged, and is a breach. Above these limits no model can have read or written so much,
/// so that it is the count that is wrong: a breach of it would take a model out of service for a slip of the service, at
/// any price. A model's own window is the best such limit; where the price names none, the texts themselves are.
package struct TokenLimits: Sendable, Hashable {
    /// The tokens of the prompt, cached ones too.
    package let input: ClosedRange<Int>
    /// The tokens of the answer.
    package let output: ClosedRange<Int>
    /// Both together.
    private let most: Int

    /// More tokens than a byte of a text can be.
    ///
    /// The worst that is known is U+FDFA, whose 3 bytes become 33 where a tokenizer normalises (NFKC), a token each.
    static let tokensPerByteMax = 16
    /// More bytes of a text than a token stands for, on the whole.
    ///
    /// The longest known tokens are runs of 128 spaces (Llama 3's and OpenAI's), and no text is made of these alone: a word
    /// takes a token for every 4 bytes or so. Tokenizers that read a long word as one unknown token, or many spaces as
    /// none, pass it for such a text alone; that is doubt then, as for a count that is wrong.
    static let bytesPerTokenMax = 256
    /// More tokens than a service adds to a message.
    static let tokensPerMessageMax = 1024
    /// More tokens than any model reads and writes: the largest windows have 10 million.
    static let tokensMax = 16_777_216

    /// The limits of a call.
    ///
    /// - Parameters:
    ///   - call: What was asked, with the most output tokens that were granted.
    ///   - price: The model's price.
    ///   - answerBytes: The bytes of the answer; nil where they are not known.
    ///   - textBytes: The bytes of the text in it that the model wrote.
    package init(of call: PaidCall, at price: Price, answerBytes: Int?, textBytes: Int = 0) {
        // Embedding models write nothing, and read each text in a window of its own.
        let windows = call.outputTokensMax > 0 ? 1 : call.messages
        let window = price.windowTokens.map { Self.product($0, windows) } ?? Self.tokensMax
        let bound = price.bound.inputTokensMax(bytes: call.inputBytes, messages: call.messages) ?? Self.tokensMax
        let input = min(window, max(bound, Self.most(of: call.inputBytes, messages: call.messages)))
        let output = answerBytes.map { max(call.outputTokensMax, Self.most(of: $0, messages: 1)) } ?? Self.tokensMax
        self.input = Self.least(of: call.inputBytes, upTo: max(1, input))
        self.output = Self.least(of: textBytes, upTo: max(1, min(window, output)))
        most = max(1, window)
    }

    /// Whether all counts of a usage can be true.
    package func admit(_ usage: TokenUsage) -> Bool {
        guard min(usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens) >= 0,
            let prompt = Self.sum(usage.inputTokens, usage.cacheReadTokens, usage.cacheWriteTokens),
            let all = Self.sum(prompt, usage.outputTokens)
        else { return false }
        return input.contains(prompt) && output.contains(usage.outputTokens) && all <= most
    }

    private static func most(of bytes: Int, messages: Int) -> Int {
        product(bytes, tokensPerByteMax).addingUpToLimit(product(tokensPerMessageMax, messages.addingUpToLimit(1)))
    }

    /// From the fewest tokens that a text can be.
    private static func least(of bytes: Int, upTo most: Int) -> ClosedRange<Int> {
        let (whole, rest) = max(0, bytes).quotientAndRemainder(dividingBy: bytesPerTokenMax)
        return min(whole + (rest > 0 ? 1 : 0), most)...most
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = max(0, left).multipliedReportingOverflow(by: max(0, right))
        return overflow ? tokensMax : min(tokensMax, product)
    }

    private static func sum(_ numbers: Int...) -> Int? {
        numbers.reduce(.some(0)) { sum, next in
            guard let (sum, overflow) = sum?.addingReportingOverflow(next), !overflow else { return nil }
            return sum
        }
    }
}

extension Int {
    fileprivate func addingUpToLimit(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Reservation {
    /// What counts of this call's answer can be true.
    ///
    /// - Parameters:
    ///   - answerBytes: The bytes of the answer.
    ///   - textBytes: The bytes of the text in it that the model wrote.
    /// - Returns: The limits.
    package borrowing func tokenLimits(answerBytes: Int, textBytes: Int) -> TokenLimits {
        TokenLimits(of: grantedCall, at: price, answerBytes: answerBytes, textBytes: textBytes)
    }

    /// Whether the price names a rate for each kind of tokens of a usage.
    ///
    /// What tokens of the service's cache cost without one nobody knows; that is doubt.
    package borrowing func hasRates(for usage: TokenUsage) -> Bool {
        (usage.cacheReadTokens == 0 || price.cacheReadNanoUSDPerToken != nil)
            && (usage.cacheWriteTokens == 0 || price.cacheWriteNanoUSDPerToken != nil)
    }

    /// The call as it is made: a breach is judged by what was granted.
    package var grantedCall: PaidCall {
        var granted = call
        granted.outputTokensMax = outputTokensMax
        return granted
    }
}

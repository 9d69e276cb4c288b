package import FoundationEssentials
package import FunctionKit

/// What a model's tokens cost from an instant on: the part of a ``Price`` that the journal keeps.
package struct TokenRates: Sendable, Hashable {
    /// From when on the price was in force.
    package var from: Date
    /// Nano-dollars for a token that the model read.
    package var inputNanoUSDPerToken: Int64
    /// Nano-dollars for a token that the model wrote.
    package var outputNanoUSDPerToken: Int64
    /// Nano-dollars for a token that the service had in its prompt cache; nil where the price names none.
    package var cacheReadNanoUSDPerToken: Int64?
    /// Nano-dollars for a token that the service put into its prompt cache; nil where the price names none.
    package var cacheWriteNanoUSDPerToken: Int64?

    /// Makes rates.
    package init(
        from: Date, inputNanoUSDPerToken: Int64, outputNanoUSDPerToken: Int64,
        cacheReadNanoUSDPerToken: Int64? = nil, cacheWriteNanoUSDPerToken: Int64? = nil
    ) {
        self.from = from
        self.inputNanoUSDPerToken = inputNanoUSDPerToken
        self.outputNanoUSDPerToken = outputNanoUSDPerToken
        self.cacheReadNanoUSDPerToken = cacheReadNanoUSDPerToken
        self.cacheWriteNanoUSDPerToken = cacheWriteNanoUSDPerToken
    }

    /// The dearest that a token of a prompt can be.
    package var promptNanoUSDPerTokenMax: Int64 {
        max(inputNanoUSDPerToken, cacheReadNanoUSDPerToken ?? 0, cacheWriteNanoUSDPerToken ?? 0)
    }

    /// Far beyond any model's window: a count above it is no count.
    private static let tokensMax = 1_000_000_000

    /// What the tokens cost, each kind at its own rate; nil where a count cannot be true or the amount does not fit.
    ///
    /// Cached tokens without a rate of their own cost the dearest rate known for the prompt: doubt is never free.
    package func cost(of usage: TokenUsage) -> Money? {
        let kinds = [
            (usage.inputTokens, inputNanoUSDPerToken), (usage.outputTokens, outputNanoUSDPerToken),
            (usage.cacheReadTokens, cacheReadNanoUSDPerToken ?? promptNanoUSDPerTokenMax),
            (usage.cacheWriteTokens, cacheWriteNanoUSDPerToken ?? promptNanoUSDPerTokenMax),
        ]
        var sum = Money.zero
        for (tokens, rate) in kinds {
            guard (0...Self.tokensMax).contains(tokens), let cost = Money(nanoUSD: rate).multiplied(by: Int64(tokens)),
                let next = sum.adding(cost)
            else { return nil }
            sum = next
        }
        return sum
    }
}

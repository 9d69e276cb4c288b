package import FunctionKit
package import Spending

/// The tokens of a call as one part of its answer counts them; nil for what it does not say, or says in no whole number from
/// zero up.
package struct TokenCounts: Sendable, Hashable {
    /// Those that the model read.
    package var input: Int?
    /// Those that it wrote.
    package var output: Int?

    /// Makes counts.
    package init(input: Int? = nil, output: Int? = nil) {
        self.input = input
        self.output = output
    }
}

/// The tokens that a call is paid by.
package struct CountedTokens: Sendable, Hashable {
    /// The tokens.
    package let usage: TokenUsage
    /// The body where it says all that is paid for.
    package let source: UsageSource

    /// Puts together what body and headers count: of each the higher one that can be true, so that nothing is guessed low.
    ///
    /// Nil where nobody counted, or no count can be true: that is doubt.
    ///
    /// - Parameters:
    ///   - body: What the body counts.
    ///   - headers: What the headers count, which the service does not promise.
    ///   - limits: What can be true.
    package init?(body: TokenCounts, headers: TokenCounts, within limits: TokenLimits) {
        guard let input = [body.input, headers.input].compactMap(\.self).filter(limits.input.contains).max(),
            let output = [body.output, headers.output].compactMap(\.self).filter(limits.output.contains).max()
        else { return nil }
        usage = TokenUsage(inputTokens: input, outputTokens: output)
        guard limits.admit(usage) else { return nil }
        source = TokenCounts(input: input, output: output) == body ? .body : .headers
    }
}

extension KeyedDecodingContainer {
    /// A count of tokens; nil where there is none or something else stands there, which shall not cost the whole answer.
    func count(forKey key: Key) -> Int? {
        (try? decode(Int.self, forKey: key)).flatMap { $0 >= 0 ? $0 : nil }
    }
}

package import FunctionKit
package import Spending

/// The tokens of a call as one part of its answer counts them; nil for what it does not say, or says in no whole number from
/// zero up.
package struct TokenCounts: Sendable, Hashable {
    /// Those that the model read, without those of the service's cache.
    package var input: Int?
    /// Those that it wrote.
    package var output: Int?
    /// Those of the prompt that the service had in its cache.
    package var cacheRead: Int?
    /// Those of the prompt that it put into its cache.
    package var cacheWrite: Int?
    /// All of them together, where that is counted too.
    package var total: Int?

    /// Makes counts.
    package init(
        input: Int? = nil, output: Int? = nil, cacheRead: Int? = nil, cacheWrite: Int? = nil, total: Int? = nil
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.total = total
    }

    /// What headers count, their names in lowercase: of one that came more than once the highest.
    package init(headers: [String: String]) {
        func count(_ kind: String) -> Int? {
            headers["x-amzn-bedrock-\(kind)-token-count"]?.split(separator: ",").compactMap { Self.whole($0) }.max()
        }
        self.init(
            input: count("input"), output: count("output"), cacheRead: count("cache-read-input"),
            cacheWrite: count("cache-write-input"))
    }

    /// The same with what else an answer counts: the higher number where it counts a thing more than once.
    ///
    /// Tokens read and written are raised only where they are counted here, under the name that the model's format has for
    /// them. Those of the cache have no name in these formats.
    func raised(by traces: TokenCounts) -> TokenCounts {
        TokenCounts(
            input: input.map { max($0, traces.input ?? 0) }, output: output.map { max($0, traces.output ?? 0) },
            cacheRead: [cacheRead, traces.cacheRead].compactMap(\.self).max(),
            cacheWrite: [cacheWrite, traces.cacheWrite].compactMap(\.self).max(),
            total: [total, traces.total].compactMap(\.self).max())
    }

    /// Whether any token is counted.
    var hasTokens: Bool { [input, output, cacheRead, cacheWrite, total].contains { ($0 ?? 0) > 0 } }

    /// The count that a number in a text is, such as `300` or `3e2`; nil for what is no whole number from zero up.
    static func whole(_ text: some StringProtocol) -> Int? {
        let text = text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        return (Int(text) ?? Double(text).flatMap { Int(exactly: $0) }).flatMap { $0 >= 0 ? $0 : nil }
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
        let cacheRead = max(body.cacheRead ?? 0, headers.cacheRead ?? 0)
        let cacheWrite = max(body.cacheWrite ?? 0, headers.cacheWrite ?? 0)
        let (cached, isTooMany) = cacheRead.addingReportingOverflow(cacheWrite)
        guard !isTooMany, cached <= limits.input.upperBound,
            // All that the model read, whoever had it.
            let input = [body.input, headers.input].compactMap(\.self)
                .filter({ $0 <= limits.input.upperBound && limits.input.contains($0 + cached) }).max(),
            let output = [body.output, headers.output].compactMap(\.self).filter(limits.output.contains).max()
        else { return nil }
        let counted = TokenUsage(
            inputTokens: input, outputTokens: output, cacheReadTokens: cacheRead, cacheWriteTokens: cacheWrite)
        guard limits.admit(counted) else { return nil }
        let total = max(body.total ?? 0, headers.total ?? 0)
        if let raised = Self.raise(counted, to: total, within: limits), limits.admit(raised) {
            usage = raised
            source = .body
            return
        }
        usage = counted
        let isOfBody =
            body.input == input && body.output == output && body.cacheRead ?? 0 == cacheRead
            && body.cacheWrite ?? 0 == cacheWrite
        source = isOfBody ? .body : .headers
    }

    /// The usage of so many tokens in all; nil where it has as many.
    ///
    /// Whose tokens the rest are nobody says: the model's as far as it may have written them, since they cost more, as its
    /// thoughts do that its answer does not show; what is more than that, the prompt's.
    private static func raise(_ usage: TokenUsage, to total: Int, within limits: TokenLimits) -> TokenUsage? {
        // Limits have admitted it: the sum fits.
        let sum = usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
        guard total > sum else { return nil }
        let rest = total - sum
        let written = min(rest, limits.output.upperBound - usage.outputTokens)
        return TokenUsage(
            inputTokens: usage.inputTokens + (rest - written), outputTokens: usage.outputTokens + written,
            cacheReadTokens: usage.cacheReadTokens, cacheWriteTokens: usage.cacheWriteTokens)
    }
}

extension KeyedDecodingContainer {
    /// A count of tokens; nil where there is none or something else stands there, which shall not cost the whole answer.
    func count(forKey key: Key) -> Int? {
        (try? decode(Int.self, forKey: key)).flatMap { $0 >= 0 ? $0 : nil }
    }
}

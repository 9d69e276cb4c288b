import FoundationEssentials

/// What a body shows of a model's run, whatever else it is: counts and texts under the names that Bedrock's models have for
/// them, wherever they stand and however often.
///
/// A decoder sees only the first of two fields of one name, and nothing in a body that is no answer.
struct AnswerTraces: Sendable {
    /// The highest number for each thing that is counted.
    private(set) var counts = TokenCounts()
    /// Whether it holds a text or a vector that a model wrote.
    private(set) var hasText = false

    /// The names of the formats of Llama, Titan, Cohere, Claude, Nova and Converse:
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>,
    /// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html>.
    private static let counted: [(any WritableKeyPath<TokenCounts, Int?> & Sendable, [String])] = [
        (
            \.input,
            [
                "prompt_token_count", "inputTextTokenCount", "inputTokenCount", "inputTokens", "input_tokens",
                "prompt_tokens",
            ]
        ),
        (
            \.output,
            ["generation_token_count", "outputTokenCount", "outputTokens", "output_tokens", "completion_tokens"]
        ),
        (\.total, ["totalTokens", "totalTokenCount", "total_tokens"]),
        (\.cacheRead, ["cacheReadInputTokens", "cacheReadInputTokenCount", "cache_read_input_tokens"]),
        (\.cacheWrite, ["cacheWriteInputTokens", "cacheWriteInputTokenCount", "cache_creation_input_tokens"]),
    ]
    private static let texts = ["generation", "outputText", "completion", "embedding", "embeddings"]
    /// No name is longer.
    private static let nameBytesMax = 32

    /// Reads a body of any kind.
    init(_ body: Data) {
        let bytes = [UInt8](body)
        var quote: Int?
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\"") {
            // Every quote may begin a name. One within a text has a backslash before it, so that no such name ends in one.
            if let start = quote, (1...Self.nameBytesMax).contains(index - start - 1) {
                read(bytes[(start + 1)..<index], before: bytes[(index + 1)...])
            }
            quote = index
        }
    }

    private mutating func read(_ name: ArraySlice<UInt8>, before rest: ArraySlice<UInt8>) {
        let value = rest.drop(while: Self.isSpace)
        guard value.first == UInt8(ascii: ":") else { return }
        let first = value.dropFirst().drop(while: Self.isSpace)
        for (count, names) in Self.counted where names.contains(where: { name.elementsEqual($0.utf8) }) {
            let digits = first.prefix(40).prefix { !Self.isSpace($0) && !",}]".utf8.contains($0) }
            guard let number = TokenCounts.whole(String(decoding: digits, as: UTF8.self)) else { return }
            counts[keyPath: count] = max(counts[keyPath: count] ?? 0, number)
        }
        guard Self.texts.contains(where: { name.elementsEqual($0.utf8) }), let opening = first.first else { return }
        let next = first.dropFirst().first
        hasText =
            hasText || opening == UInt8(ascii: "\"") && next != UInt8(ascii: "\"")
            || opening == UInt8(ascii: "[") && next != UInt8(ascii: "]")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}

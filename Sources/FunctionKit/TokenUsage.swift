/// Tokens that a model read and wrote.
public struct TokenUsage: Sendable, Hashable {
    /// Tokens of the prompt, without those that came from or went into the service's prompt cache.
    public var inputTokens: Int
    /// Tokens of the answer.
    public var outputTokens: Int
    /// Tokens of the prompt that the service had in its cache.
    public var cacheReadTokens: Int
    /// Tokens of the prompt that the service put into its cache.
    public var cacheWriteTokens: Int

    /// Makes a usage.
    public init(inputTokens: Int, outputTokens: Int, cacheReadTokens: Int = 0, cacheWriteTokens: Int = 0) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheWriteTokens = cacheWriteTokens
    }
}

extension TokenUsage: Codable {
    private enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case cacheReadTokens = "cache_read_tokens"
        case cacheWriteTokens = "cache_write_tokens"
    }

    /// Reads a usage; cache counts that are left out are 0.
    ///
    /// - Throws: `DecodingError`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        inputTokens = try container.decode(Int.self, forKey: .inputTokens)
        outputTokens = try container.decode(Int.self, forKey: .outputTokens)
        cacheReadTokens = try container.decodeIfPresent(Int.self, forKey: .cacheReadTokens) ?? 0
        cacheWriteTokens = try container.decodeIfPresent(Int.self, forKey: .cacheWriteTokens) ?? 0
    }

    /// Writes a usage; cache counts of 0 are left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(inputTokens, forKey: .inputTokens)
        try container.encode(outputTokens, forKey: .outputTokens)
        if cacheReadTokens != 0 { try container.encode(cacheReadTokens, forKey: .cacheReadTokens) }
        if cacheWriteTokens != 0 { try container.encode(cacheWriteTokens, forKey: .cacheWriteTokens) }
    }
}

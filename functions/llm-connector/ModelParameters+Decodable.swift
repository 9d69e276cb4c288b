import FunctionKit

extension ModelParameters: Decodable {
    private enum CodingKeys: String, CodingKey {
        case temperature
        case maxTokens = "max_tokens"
        case minTokens = "min_tokens"
        case topP = "top_p"
    }

    /// Reads what the manifest says; what is left out stays as it is by default.
    ///
    /// - Throws: `DecodingError`.
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        if let tokens = try keys.decode(Int.self, in: 16...2048, forKey: .maxTokens) {
            maxTokens = tokens
            // Llama 3's window holds 8,192 tokens, prompt and answer together, and a byte is at most a token.
            promptBytesMax = min(promptBytesMax, 8192 - 64 - tokens)
        }
        minTokens = try keys.decode(Int.self, in: 16...maxTokens, forKey: .minTokens) ?? min(minTokens, maxTokens)
        temperature = try keys.decode(Double.self, in: 0...1, forKey: .temperature) ?? temperature
        topP = try keys.decode(Double.self, in: 0...1, forKey: .topP) ?? topP
    }
}

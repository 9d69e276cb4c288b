package import FoundationEssentials
package import FunctionKit

/// The body of a Llama 3 model's answer.
///
///     {"generation":"...","generation_token_count":41,"prompt_token_count":310,"stop_reason":"stop"}
package struct LlamaResponse: ModelAnswer, Hashable, Codable {
    /// What the model wrote.
    package var generation: String
    /// The tokens that it read; nil where the service does not say.
    package var inputTokens: Int?
    /// The tokens that it wrote; nil where the service does not say.
    package var outputTokens: Int?
    /// Why it stopped; ``ModelReply/StopReason/other`` where the service gives another word, or none.
    package var stopReason: ModelReply.StopReason

    private enum CodingKeys: String, CodingKey {
        case generation
        case inputTokens = "prompt_token_count"
        case outputTokens = "generation_token_count"
        case stopReason = "stop_reason"
    }

    /// Makes a body.
    package init(generation: String, usage: TokenUsage, stopReason: ModelReply.StopReason) {
        self.generation = generation
        inputTokens = usage.inputTokens
        outputTokens = usage.outputTokens
        self.stopReason = stopReason
    }

    /// Reads a body; null for a text is an empty one, and whatever else is wrong with its other fields costs not the text.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        generation = try fields.decode(String?.self, forKey: .generation) ?? ""
        inputTokens = fields.count(forKey: .inputTokens)
        outputTokens = fields.count(forKey: .outputTokens)
        stopReason = (try? fields.decode(ModelReply.StopReason.self, forKey: .stopReason)) ?? .other
    }

    /// Reads a body; nil where it is none.
    package init?(_ body: Data) {
        guard let response = try? JSONDecoder().decode(LlamaResponse.self, from: body) else {
            // The error would quote the body; that it is unreadable is all that a caller needs.
            return nil
        }
        self = response
    }

    package var counts: TokenCounts { TokenCounts(input: inputTokens, output: outputTokens) }

    package var textBytes: Int { generation.utf8.count }

    /// The body as the service writes it.
    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

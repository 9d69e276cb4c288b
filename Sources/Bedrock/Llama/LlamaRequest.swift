/// The body of a request to a Llama 3 model.
///
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html>
///
///     {"max_gen_len":512,"prompt":"...","temperature":0.2,"top_p":0.9}
package struct LlamaRequest: Sendable, Hashable, Codable {
    /// The whole prompt, template included.
    package var prompt: String
    /// The most tokens that the model may write.
    package var outputTokensMax: Int
    /// 0 to 1.
    package var temperature: Double
    /// 0 to 1.
    package var topP: Double

    private enum CodingKeys: String, CodingKey {
        case prompt, temperature
        case outputTokensMax = "max_gen_len"
        case topP = "top_p"
    }

    /// Makes a body.
    package init(prompt: String, outputTokensMax: Int, temperature: Double, topP: Double) {
        self.prompt = prompt
        self.outputTokensMax = outputTokensMax
        self.temperature = temperature
        self.topP = topP
    }
}

extension LlamaRequest: ModelBody {
    package typealias Answer = LlamaResponse

    package static var isNamedByDigest: Bool { false }

    package var inputBytes: Int { prompt.utf8.count }

    package var messages: Int { 1 }

    package func granted(outputTokensMax: Int) -> LlamaRequest {
        var granted = self
        granted.outputTokensMax = min(self.outputTokensMax, outputTokensMax)
        return granted
    }
}

import Bedrock
import FunctionKit

/// Plays the model: reads the prompt, writes an answer from its passages, and counts tokens.
enum LlamaStandIn {
    /// Prompt and answer together: <https://github.com/meta-llama/llama3/blob/main/MODEL_CARD.md>.
    private static let contextTokensMax = 8192

    /// Answers a request that was checked.
    static func answer(to body: LlamaBody) throws(ServiceException) -> LlamaResponse {
        let inputTokens = LlamaTokens.split(body.prompt).count
        guard inputTokens + body.outputTokensMax <= contextTokensMax else {
            throw .validation(
                "This model's maximum context length is \(contextTokensMax) tokens. "
                    + "Please reduce the length of the prompt.")
        }
        let text = ExtractiveWriter(Conversation(body.prompt)).answer
        let tokens = LlamaTokens.split(text)
        // The token that ends an answer counts too.
        let isCut = tokens.count + 1 > body.outputTokensMax
        return LlamaResponse(
            generation: isCut ? tokens.prefix(body.outputTokensMax).joined() : text,
            usage: TokenUsage(
                inputTokens: inputTokens, outputTokens: isCut ? body.outputTokensMax : tokens.count + 1),
            stopReason: isCut ? .length : .stop)
    }
}

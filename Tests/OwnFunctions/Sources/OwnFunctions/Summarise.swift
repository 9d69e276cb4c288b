import FunctionKit

/// Asks the model for one sentence about a text.
struct Summarise: Function {
    struct Input: Decodable, Sendable { let text: String }
    struct Output: Encodable, Sendable {
        let summary: String
        let costNanoUSD: Int64
    }

    let model: any LanguageModel

    func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        let prompt = """
            <|begin_of_text|><|start_header_id|>user<|end_header_id|>

            Say in one sentence: \(input.text)<|eot_id|><|start_header_id|>assistant<|end_header_id|>


            """
        let request = ModelRequest(prompt: prompt, maxTokens: 64, temperature: 0, topP: 1)
        let reply = try await model.generate(request, context: context)
        return Output(summary: reply.text, costNanoUSD: reply.costNanoUSD)
    }
}

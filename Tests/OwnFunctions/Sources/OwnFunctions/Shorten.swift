import FunctionKit

/// Hands on the best passages alone: a stage between `rag-core` and `llm-connector`, which needs `passthrough: true`.
struct Shorten: Function {
    struct Limits: Decodable, Sendable { let passages: Int }
    struct Found: Codable, Sendable { let passages: [Passage] }

    let limits: Limits

    func invoke(_ input: Found, context: InvocationContext) async throws -> Found {
        Found(passages: Array(input.passages.prefix(limits.passages)))
    }
}

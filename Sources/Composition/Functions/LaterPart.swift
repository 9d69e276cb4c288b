import FunctionKit
import Synchronization

/// A part that functions hold before it is open.
final class LaterPart<Part: Sendable>: Sendable {
    private let part = Mutex<Part?>(nil)

    /// Gives the functions what they hold; once, before the first invocation.
    func open(_ opened: Part) { part.withLock { $0 = opened } }

    /// The open part; nil for a function that asks while it is being made.
    fileprivate var opened: Part? { part.withLock { $0 } }
}

/// The part is asked before it is open.
private struct PartNotOpen: Error {}

extension LaterPart: LanguageModel where Part == any LanguageModel {
    func generate(
        _ request: ModelRequest, context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        guard let opened else { throw .hostTrouble(HostTrouble(.unavailable, code: "model-not-open")) }
        return try await opened.generate(request, context: context)
    }
}

extension LaterPart: PassageIndex where Part == any PassageIndex {
    func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage] {
        guard let opened else { throw PartNotOpen() }
        return try await opened.search(query, limit: limit, context: context)
    }
}

extension LaterPart: WebClient where Part == any WebClient {
    func send(_ request: WebRequest, context: InvocationContext) async throws(WebError) -> WebResponse {
        guard let opened else { throw .unreachable(reason: "the client is not open yet") }
        return try await opened.send(request, context: context)
    }
}

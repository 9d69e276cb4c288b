import FoundationEssentials
import FunctionHost
import FunctionKit
package import Logging
import Retrieval
import ServiceLifecycle

extension Pipeline {
    /// What `rag-core` would hand on for a question, and why.
    ///
    /// - Parameters:
    ///   - query: The question; personal data in it goes no further than the index.
    ///   - limit: The most passages.
    ///   - patience: How long to wait for the index.
    ///   - logger: Gets what is to be said of a budget without room.
    /// - Returns: The passages, best first.
    /// - Throws: `ChromaError`, `LanguageModelError`, or an error of SQLite.
    package func search(
        _ query: String, limit: Int, patience: Duration, logger: Logger
    ) async throws -> SearchReport {
        let context = InvocationContext(
            questionID: UUID().uuidString.lowercased(), functionName: FunctionPlan.searching, attempt: 1,
            deadline: .now + patience, tenant: nil, trace: TraceContext(), logger: logger, drain: host.drain)
        return try await cancelWhenGracefulShutdown {
            SearchReport(query: query, found: try await index.explain(query, limit: limit, context: context))
        }
    }
}

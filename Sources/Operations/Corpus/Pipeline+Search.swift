import Composition
import FoundationEssentials
import FunctionHost
import FunctionKit
package import HostProcess
package import Logging
import Retrieval
import ServiceLifecycle

extension Pipeline {
    /// What a function that searches the index would find for a question, and why.
    ///
    /// - Parameters:
    ///   - query: The question; personal data in it goes no further than the index.
    ///   - limit: The most passages.
    ///   - patience: How long to wait for the index.
    ///   - logger: Gets what is to be said of a budget without room.
    /// - Returns: The passages, best first.
    /// - Throws: ``SetupProblem`` where no index is open, `ChromaError`, `LanguageModelError`, or an error of SQLite.
    package func search(
        _ query: String, limit: Int, patience: Duration, logger: Logger
    ) async throws -> SearchReport {
        guard let index else { throw SetupProblem("no function asks for an index") }
        let context = InvocationContext(
            runID: UUID().uuidString.lowercased(), functionName: searching ?? "search", attempt: 1,
            deadline: .now + patience, tenant: nil, trace: TraceContext(), logger: logger, drain: host.drain)
        return try await cancelWhenGracefulShutdown {
            SearchReport(query: query, found: try await index.explain(query, limit: limit, context: context))
        }
    }
}

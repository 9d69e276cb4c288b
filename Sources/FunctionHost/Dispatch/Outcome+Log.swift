import FoundationEssentials
import FunctionKit
import Logging

extension Outcome {
    /// Says what became of a delivery, in codes and names alone.
    func log(to logger: Logger) {
        switch self {
        case .retry(let failure):
            logger.warning("invocation failed; tried again later", metadata: Self.metadata(failure))
        case .dead(let failure): logger.error("message dead-lettered", metadata: Self.metadata(failure))
        case .park(let refusal, _):
            logger.warning("question waits for its budget", metadata: Self.metadata(refusal))
        case .refuse(let refusal): logger.notice("question refused by its budget", metadata: Self.metadata(refusal))
        case .isolate: logger.notice("delivered before; runs alone")
        case .output, .pause, .trouble, .handBack, .expire:
            logger.debug("delivery concluded", metadata: [LogKey.outcome: "\(name)"])
        }
    }

    private static func metadata(_ failure: AttemptFailure) -> Logger.Metadata {
        var metadata: Logger.Metadata = [LogKey.error: "\(failure.code)"]
        if let told = failure.told { metadata[LogKey.errorText] = "\(told)" }
        return metadata
    }

    private static func metadata(_ refusal: BudgetRefusal) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            LogKey.budgetName: "\(refusal.budget)", LogKey.budgetCause: "\(refusal.cause.rawValue)",
            LogKey.budgetNote: "\(refusal.explanation)",
        ]
        if let opensAt = refusal.opensAt { metadata[LogKey.budgetOpens] = "\(opensAt.formatted(.iso8601))" }
        return metadata
    }
}

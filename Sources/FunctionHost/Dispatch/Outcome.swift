package import FoundationEssentials
package import FunctionKit
import History

/// What becomes of a delivery: the whole table, one case a row.
package enum Outcome: Sendable {
    /// To the next function with what was paid, then acknowledged. The last function's output is its run's by then.
    case output(Data, took: Duration, costNanoUSD: Int64)
    /// Back after a wait with one attempt more, or dead-lettered where this was the last.
    case retry(AttemptFailure)
    /// Dead-lettered at once, whatever attempts are left; the question fails.
    case dead(AttemptFailure)
    /// Back after a short pause with the same attempt: nothing was wrong with the message.
    case pause
    /// Back after a short pause with the same attempt, and the host leaves the function alone for a while: the trouble is the
    /// host's own.
    case trouble(HostTrouble)
    /// Back in the queue at once with the same attempt, because this host ends.
    case handBack
    /// Parked until the budget opens, with the same attempt.
    case park(BudgetRefusal, until: Date)
    /// Nobody pays for this question today: its final state is `refused`, with the time to return.
    case refuse(BudgetRefusal)
    /// The asker's deadline has passed: the final state is `expired`; nothing is paid for.
    case expire
    /// Delivered before: moved to where it runs alone.
    case isolate

    /// What an invocation's end means, after so long and for so much; what an error says of itself is kept where it is told.
    init(_ ending: Invoker.Ending, took: Duration, costNanoUSD: Int64, tells: Bool) {
        switch ending {
        case .output(let data): self = .output(data, took: took, costNanoUSD: costNanoUSD)
        case .timedOut: self = .retry(AttemptFailure("timeout", chargedNanoUSD: costNanoUSD))
        case .cutShort: self = .handBack
        case .failed(let error):
            let failure = AttemptFailure(error, tells: tells, chargedNanoUSD: costNanoUSD)
            self =
                switch (error as? any DispositionProviding)?.disposition {
                case .deadLetter: .dead(failure)
                case .retry, nil: .retry(failure)
                case .handBack: .pause
                case .hostTrouble(let trouble): .trouble(trouble)
                case .budgetExhausted(let refusal): Self(refusal, costNanoUSD: costNanoUSD)
                }
        }
    }

    private init(_ refusal: BudgetRefusal, costNanoUSD: Int64) {
        var refusal = refusal
        refusal.chargedNanoUSD = costNanoUSD
        // Waiting helps only where the budget opens.
        switch (refusal.policy, refusal.opensAt) {
        case (.reject, _): self = .refuse(refusal)
        // No turn of the budget opens the model again.
        case _ where refusal.cause == .breached:
            self = .trouble(HostTrouble(.breach, code: RunRecord.breached))
        case (_, nil): self = .refuse(refusal)
        case (.waitUntilReset, let opensAt?): self = .park(refusal, until: opensAt)
        // The function or the model should have dealt with these: it has no way to answer without the model, so the
        // question waits rather than fails.
        case (.answerWithoutModel, let opensAt?), (.fallbackModel, let opensAt?):
            self = .park(refusal, until: opensAt)
        }
    }

    /// A constant name for logs and metrics.
    package var name: String {
        switch self {
        case .output: "output"
        case .retry: "retry"
        case .dead: "dead"
        case .pause: "pause"
        case .trouble: "trouble"
        case .handBack: "hand-back"
        case .park: "park"
        case .refuse: "refuse"
        case .expire: "expire"
        case .isolate: "isolate"
        }
    }
}

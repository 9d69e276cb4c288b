/// Why a model gave no answer.
public enum LanguageModelError: Error, Sendable, Hashable {
    /// A budget has no room for the call's worst case. Nothing was called.
    case budgetExhausted(BudgetRefusal)
    /// Another owner is making this very call; its answer will be stored. Nothing was called.
    case inFlight
    /// Too little time is left before the deadline, or before the host's end. Nothing was called.
    case noTimeLeft
    /// The model is not priced or its cost is not bounded, so that no call may be made.
    case notGoverned(model: String)
    /// The model has cost more than its bound before, and is refused until that is raised.
    case boundBreached(model: String)
    /// The call was paid for long ago and its answer is deleted; it is not paid again.
    case answerForgotten
    /// The ledger cannot be read or written, and was waited for in vain: no call is made without it.
    case ledgerUnavailable
    /// The model's service asked to come back later.
    case throttled
    /// The service failed, timed out or could not be reached.
    case unavailable
    /// The service refused the request, for example an unknown model or missing rights. `code` is the service's own.
    case rejected(code: String)
    /// The service answered something that is not in the model's format.
    case unreadableAnswer
}

extension LanguageModelError: DispositionProviding {
    /// What the host does with the message.
    public var disposition: Disposition {
        switch self {
        case .budgetExhausted(let refusal): .budgetExhausted(refusal)
        case .inFlight, .noTimeLeft, .ledgerUnavailable: .handBack
        case .throttled, .unavailable, .unreadableAnswer: .retry
        case .notGoverned, .boundBreached, .answerForgotten, .rejected: .deadLetter
        }
    }

    /// A short constant name.
    public var code: String {
        switch self {
        case .budgetExhausted: "budget-exhausted"
        case .inFlight: "model-call-in-flight"
        case .noTimeLeft: "no-time-left"
        case .notGoverned: "model-not-governed"
        case .boundBreached: "model-bound-breached"
        case .answerForgotten: "model-answer-forgotten"
        case .ledgerUnavailable: "ledger-unavailable"
        case .throttled: "model-throttled"
        case .unavailable: "model-unavailable"
        case .rejected: "model-rejected"
        case .unreadableAnswer: "model-answer-unreadable"
        }
    }
}

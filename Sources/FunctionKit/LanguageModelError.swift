/// Why a model gave no answer.
public enum LanguageModelError: Error, Sendable, Hashable {
    /// A budget has no room for the call's worst case, or the model has cost more than its bound before and is refused.
    /// Nothing was called.
    case budgetExhausted(BudgetRefusal)
    /// Another owner is making this very call; its answer will be stored. Nothing was called.
    case inFlight
    /// Too little time is left before the deadline, or before the host's end. Nothing was called.
    case noTimeLeft
    /// The call was paid for long ago and its answer is deleted; it is not paid again.
    case answerForgotten
    /// The call was paid for twice and brought no answer that can be used; it is not paid a third time. Nothing was called.
    /// What it was charged all the same, in nano-dollars, is part of what its run costs.
    case answerInDoubt(chargedNanoUSD: Int64)
    /// The ledger cannot be read or written, and was waited for in vain: no call is made without it.
    case ledgerUnavailable
    /// The host or the service is in trouble that is not this request's.
    case hostTrouble(HostTrouble)
    /// The service refused this very request, for example because it is too long. `code` is the service's own.
    case rejected(code: String)
    /// The stored answer is not in the model's format.
    case unreadableAnswer
}

extension LanguageModelError {
    /// What was charged for calls that brought no answer, in nano-dollars.
    package var chargedNanoUSD: Int64 {
        switch self {
        case .budgetExhausted(let refusal): refusal.chargedNanoUSD
        case .answerInDoubt(let chargedNanoUSD): chargedNanoUSD
        default: 0
        }
    }
}

extension LanguageModelError: CustomStringConvertible {
    /// One line for a person: what is wrong, and who was asked.
    public var description: String {
        switch self {
        case .budgetExhausted(let refusal): refusal.explanation
        case .hostTrouble(let trouble): "\(trouble)\(trouble.address.map { " at \($0)" } ?? "")"
        default: code
        }
    }
}

extension LanguageModelError: DispositionProviding {
    /// What the host does with the message.
    public var disposition: Disposition {
        switch self {
        case .budgetExhausted(let refusal): .budgetExhausted(refusal)
        case .inFlight, .noTimeLeft: .handBack
        case .ledgerUnavailable: .hostTrouble(HostTrouble(.unavailable, code: code))
        case .hostTrouble(let trouble): .hostTrouble(trouble)
        case .answerForgotten, .answerInDoubt, .rejected, .unreadableAnswer: .deadLetter
        }
    }

    /// A short constant name, with the service's own beside it where it has one.
    public var code: String {
        switch self {
        case .budgetExhausted(let refusal) where refusal.cause == .breached: "model-bound-breached"
        case .budgetExhausted: "budget-exhausted"
        case .inFlight: "model-call-in-flight"
        case .noTimeLeft: "no-time-left"
        case .answerForgotten: "model-answer-forgotten"
        case .answerInDoubt: "model-answer-in-doubt"
        case .ledgerUnavailable: "ledger-unavailable"
        case .hostTrouble(let trouble): trouble.description
        case .rejected(let code): "model-rejected (\(code))"
        case .unreadableAnswer: "model-answer-unreadable"
        }
    }
}

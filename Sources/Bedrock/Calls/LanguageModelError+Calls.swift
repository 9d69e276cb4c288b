import FunctionKit
import HTTPTransport
import Spending

extension LanguageModelError {
    /// What the function is told of a governor that could not answer.
    init(_ error: GovernorError) {
        self =
            switch error {
            case .notGoverned(let model): .notGoverned(model: model.model)
            case .boundBreached(let model): .boundBreached(model: model.model)
            case .answerForgotten: .answerForgotten
            // No price times no number of tokens that a request may ask for is so much.
            case .unstorable: .rejected(code: "name-unstorable")
            case .unbounded: .rejected(code: "cost-unbounded")
            // The last three are answers to what a person decides, which no function asks for.
            case .ledgerUnavailable, .unknownHold, .unknownBudget, .uselessRaise, .nothingToDecide: .ledgerUnavailable
            }
    }

    /// What the function is told of a call that failed.
    init(_ error: BedrockError) {
        self =
            switch error {
            case .notReserved: .rejected(code: "not-reserved")
            // These heal without a change of the message: new credentials come, a clock is set.
            case .noCredentials, .transport: .unavailable
            case .refused(let refusal): LanguageModelError(refusal)
            }
    }

    private init(_ refusal: ServiceRefusal) {
        self =
            switch refusal.status {
            case 429: .throttled
            case 403 where ["ExpiredTokenException", "RequestExpired"].contains(refusal.code): .unavailable
            case 400, 403, 404: .rejected(code: refusal.code)
            default: .unavailable
            }
    }
}

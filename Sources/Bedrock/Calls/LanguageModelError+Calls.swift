import FunctionKit
import HTTPTransport
import Spending

extension LanguageModelError {
    /// What the function is told of a governor that could not answer.
    init(_ error: GovernorError) {
        self =
            switch error {
            case .notGoverned: .hostTrouble(HostTrouble(.notGoverned, code: "model-not-governed"))
            case .boundBreached: .hostTrouble(HostTrouble(.breach, code: "model-bound-breached"))
            case .clocksDisagree: .hostTrouble(HostTrouble(.clock, code: "ledger-clock"))
            case .answerForgotten: .answerForgotten
            // No price times no number of tokens that a request may ask for is so much.
            case .unstorable: .rejected(code: "name-unstorable")
            case .unbounded: .rejected(code: "cost-unbounded")
            // The last three are answers to what a person decides, which no function asks for.
            case .ledgerUnavailable, .unknownHold, .unknownBudget, .uselessRaise, .nothingToDecide: .ledgerUnavailable
            }
    }
}

extension BedrockError {
    /// What is wrong with the host or the service; nil where it is this very request.
    var trouble: HostTrouble? {
        switch self {
        case .notReserved: nil
        case .noCredentials: HostTrouble(.credentials, code: "model-rejected", serviceCode: "credentials-missing")
        case .transport(let error): error.trouble
        case .refused(let refusal): refusal.hostTrouble
        }
    }

    /// The service's name for what is wrong with this very request.
    var requestCode: String {
        switch self {
        case .refused(let refusal): refusal.code
        case .notReserved, .noCredentials, .transport: "not-reserved"
        }
    }
}

extension ServiceRefusal {
    fileprivate var hostTrouble: HostTrouble? {
        guard let trouble else { return nil }
        let code =
            switch trouble {
            case .throttled, .quota: "model-throttled"
            case .unavailable, .unreachable, .circuitOpen: "model-unavailable"
            case .clock, .credentials, .access, .notFound, .refused, .notGoverned, .breach, .standIn:
                "model-rejected"
            }
        return HostTrouble(trouble, code: code, serviceCode: self.code, pause: retryAfter)
    }
}

extension HTTPError {
    fileprivate var trouble: HostTrouble {
        let code = "model-unavailable"
        return switch self {
        case .invalidRequest: HostTrouble(.refused, code: code, serviceCode: "request cannot be sent")
        case .notConnected(let reason): HostTrouble(.unreachable, code: code, serviceCode: reason)
        case .timedOut(wasSent: false): HostTrouble(.unreachable, code: code, serviceCode: "no connection in time")
        case .timedOut: HostTrouble(.unavailable, code: code, serviceCode: "no answer in time")
        case .broken(_, let reason): HostTrouble(.unavailable, code: code, serviceCode: reason)
        case .tooLarge: HostTrouble(.unavailable, code: code, serviceCode: "answer too large")
        case .cancelled, .shutDown: HostTrouble(.unavailable, code: code, serviceCode: "cut short")
        }
    }
}

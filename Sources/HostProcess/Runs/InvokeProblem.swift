import Composition
import FunctionHost
import FunctionKit

/// Why a function could not be invoked directly.
///
/// What is invoked so stands in no queue: where it fails, nobody does it again.
package enum InvokeProblem: Error, Sendable {
    /// There is no such function; `hint` says what there is.
    case unknownFunction(hint: String)
    /// The payload is not the function's input.
    case badInput(String)
    /// A budget has no room, as the sentence says.
    case refused(String)
    /// The function failed, or the time was up.
    case failed(String)
}

extension InvokeProblem {
    /// What a person is told of an error.
    ///
    /// - Parameters:
    ///   - error: What the function threw.
    ///   - function: Which one.
    ///   - patience: How long the person waits.
    ///   - isOver: Whether the time was up when it threw.
    init(_ error: any Error, of function: FunctionSettings, _ patience: Patience, isOver: Bool) {
        switch error {
        case let error as FunctionError: self = .badInput(error.description)
        case LanguageModelError.budgetExhausted(let refusal) where refusal.cause != .breached:
            self = .refused(refusal.explanation)
        case LanguageModelError.budgetExhausted(let refusal): self = .failing(function, refusal.explanation)
        case LanguageModelError.noTimeLeft:
            self = .failing(
                function,
                "too little time was left for a call to the model, so none was made; wait longer with --wait")
        case LanguageModelError.ledgerUnavailable:
            self = .failing(function, "the ledger cannot be read or written; \(Self.again)")
        case let error as any DispositionProviding:
            switch error.disposition {
            // A call that was cut off for the person's sake says nothing of the model.
            case .hostTrouble(let trouble) where isOver && trouble.kind == .unavailable:
                let isPaid = function.model != nil
                self = .late(
                    function, patience, isPaid ? "; the call to the model was cut off and is charged in full" : "")
            case .hostTrouble(let trouble):
                // What is not the model's says itself what to do.
                let advice = error is LanguageModelError ? trouble.advice : nil
                self = .failing(
                    function, [ErrorText.told(error), advice, Self.again].compactMap(\.self).joined(separator: "; "))
            case .retry where isOver, .handBack where isOver: self = .late(function, patience)
            case .retry, .handBack: self = .failing(function, "\(ErrorText.told(error)); \(Self.again)")
            case .deadLetter, .budgetExhausted: self = .failing(function, ErrorText.told(error))
            }
        default: self = .failing(function, ErrorText.told(error))
        }
    }

    /// The time was up.
    static func late(_ function: FunctionSettings, _ patience: Patience, _ note: String = "") -> InvokeProblem {
        guard patience.whole < function.timeout else {
            return .failing(function, "it took longer than the manifest allows\(note); \(again)")
        }
        let seconds = patience.whole.components.seconds
        return .failing(
            function, "it did not end within \(seconds) s\(note); nothing was kept: wait longer with --wait")
    }

    private static let again = "nothing was kept: run it again"

    private static func failing(_ function: FunctionSettings, _ reason: String) -> InvokeProblem {
        .failed("`\(function.name)` failed: \(reason)")
    }
}

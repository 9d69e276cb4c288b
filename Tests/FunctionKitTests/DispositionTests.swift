import FoundationEssentials
import FunctionKit
import Testing

@Suite("Disposition")
struct DispositionTests {
    private static let refusals = [
        ExhaustedPolicy.answerWithoutModel, .waitUntilReset, .reject, .fallbackModel("small"),
    ].map { BudgetRefusal(budget: "daily", policy: $0, opensAt: Date(timeIntervalSince1970: 0)) }

    private static let denied = HostTrouble(
        .access, code: "model-rejected", serviceCode: "AccessDeniedException", pause: .seconds(5))

    @Test(
        "Each error of a model says what becomes of the message",
        arguments: [
            (LanguageModelError.inFlight, Disposition.handBack, "model-call-in-flight"),
            (.noTimeLeft, .handBack, "no-time-left"),
            (.answerForgotten, .deadLetter, "model-answer-forgotten"),
            (.answerInDoubt(chargedNanoUSD: 7), .deadLetter, "model-answer-in-doubt"),
            (
                .ledgerUnavailable, .hostTrouble(HostTrouble(.unavailable, code: "ledger-unavailable")),
                "ledger-unavailable"
            ),
            (.hostTrouble(denied), .hostTrouble(denied), "model-rejected (AccessDeniedException)"),
            (.rejected(code: "ValidationException"), .deadLetter, "model-rejected (ValidationException)"),
            (.unreadableAnswer, .deadLetter, "model-answer-unreadable"),
        ])
    func modelErrors(error: LanguageModelError, disposition: Disposition, code: String) {
        #expect(error.disposition == disposition)
        #expect(error.code == code)
    }

    @Test("A spent budget hands its own policy to the host", arguments: refusals)
    func budgetExhausted(refusal: BudgetRefusal) {
        let error = LanguageModelError.budgetExhausted(refusal)
        #expect(error.disposition == .budgetExhausted(refusal))
        #expect(error.code == "budget-exhausted")
    }

    @Test("That nobody is reached over HTTP is the host's trouble, and the message's what it asks for")
    func webErrors() {
        #expect(
            WebError.unreachable(reason: "refused").disposition
                == .hostTrouble(HostTrouble(.unreachable, code: "web-unreachable")))
        #expect(WebError.noAnswer(reason: "no time").disposition == .retry)
        #expect(WebError.invalidRequest.disposition == .deadLetter && WebError.tooLarge.disposition == .deadLetter)
    }

    @Test("A function's own errors are final")
    func functionErrors() {
        #expect(FunctionError.permanent("the text is empty").disposition == .deadLetter)
        #expect(FunctionError.permanent("the text is empty").description == "the text is empty")
        #expect(FunctionError.undecodable(path: "a", reason: "it is null").disposition == .deadLetter)
    }
}

package import FunctionKit
import Logging

/// Answers a question from its passages with a language model.
///
/// The model's spending limit is the model's own affair: this function only says what becomes of a question whose budget
/// has no room and wants an answer without the model. Safe to repeat: the model answers the same call from its store. See
/// the folder's README for its JSON.
package struct LLMConnector: Function {
    private let model: any LanguageModel
    private let parameters: ModelParameters

    /// Makes the function.
    package init(model: any LanguageModel, parameters: ModelParameters = ModelParameters()) {
        self.model = model
        self.parameters = parameters
    }

    /// Asks the model once, or not at all where there are no passages to answer from.
    ///
    /// - Throws: ``FunctionError/permanent(_:)`` for a question without text; every error of the model but a spent
    ///   budget whose policy is ``ExhaustedPolicy/answerWithoutModel``, and two calls that were paid for in vain.
    @concurrent package func invoke(
        _ input: QuestionWithPassages, context: InvocationContext
    ) async throws -> CitedAnswer {
        guard input.question.contains(where: { !$0.isWhitespace }) else {
            throw FunctionError.permanent("the question is empty; send one with text")
        }
        guard !input.passages.isEmpty else {
            return CitedAnswer(to: input, answer: Wording.nothingFound)
        }
        let prompt = Prompt(
            question: input.question, passages: input.passages, bytesMax: parameters.promptBytesMax)
        let request = ModelRequest(
            prompt: prompt.text, maxTokens: parameters.maxTokens, minTokens: parameters.minTokens,
            temperature: parameters.temperature, topP: parameters.topP)
        let reply: ModelReply
        do throws(LanguageModelError) {
            reply = try await model.generate(request, context: context)
        } catch {
            guard let (reason, chargedNanoUSD) = Self.reasonToAnswerWithout(error) else { throw error }
            context.logger.notice("answered without the model", metadata: ["error": "\(error.code)"])
            var answer = extract(input, reason: reason)
            answer.costNanoUSD = chargedNanoUSD
            return answer
        }
        return answer(input, reply: reply, shown: prompt.passages)
    }

    /// The first sentence of an answer without the model, and what was charged for calls that brought none; nil where the
    /// question waits or fails.
    ///
    /// A model that was paid for twice in vain would not be asked again, whatever the budget says: an extract is more than
    /// nothing. One that is in trouble for everybody comes back, and is waited for.
    private static func reasonToAnswerWithout(
        _ error: LanguageModelError
    ) -> (reason: String, chargedNanoUSD: Int64)? {
        switch error {
        case .budgetExhausted(let refusal) where refusal.policy == .answerWithoutModel:
            (refusal.cause == .breached ? Wording.modelTooDear : Wording.noRoom(refusal), refusal.chargedNanoUSD)
        case .answerInDoubt(let chargedNanoUSD): (Wording.noAnswerInTime, chargedNanoUSD)
        default: nil
        }
    }

    /// The model's answer with its citations checked; an extract where it wrote nothing that can be used.
    private func answer(_ input: QuestionWithPassages, reply: ModelReply, shown: [Passage]) -> CitedAnswer {
        let text = reply.stopReason == .length ? Sentences.withoutCutEnd(reply.text) : reply.text
        let cited = CitedText(text, passages: shown)
        var answer =
            if cited.isEmpty {
                extract(input, reason: Wording.noText)
            } else if Wording.isUnanswerable(cited.prose) {
                CitedAnswer(to: input, answer: Wording.unanswerable)
            } else {
                CitedAnswer(to: input, answer: cited.text, citations: cited.citations)
            }
        answer.usage = reply.usage
        answer.costNanoUSD = reply.costNanoUSD
        answer.model = reply.model
        return answer
    }

    private func extract(_ input: QuestionWithPassages, reason: String) -> CitedAnswer {
        let extract = Extract(question: input.question, passages: input.passages)
        return CitedAnswer(
            to: input, answer: reason + "\n\n" + extract.text, citations: extract.citations, isDegraded: true)
    }
}

package import Answers
package import FunctionKit

/// Gives a question with its answer as it is kept: as the output of its run, and in the original's `chat_history`.
///
/// The question's id comes from the invocation, not from the payload, so that no payload can pass for another question's
/// answer. See the folder's README for its JSON.
package struct PSQLWorker: Function {
    /// Makes the function.
    package init() {}

    /// Gives the answer; the host stores it with the run's final state, in one transaction.
    @concurrent package func invoke(_ input: AnswerToStore, context: InvocationContext) async throws -> AnsweredQuestion
    {
        AnsweredQuestion(
            id: context.runID, question: input.question.storable, answer: input.answer.storable,
            citations: input.citations.map { Citation(id: $0.id.storable, heading: $0.heading.storable) },
            passages: (input.passages ?? []).map {
                Passage(id: $0.id.storable, heading: $0.heading.storable, text: $0.text.storable, score: $0.score)
            },
            isDegraded: input.isDegraded, usage: input.usage, costNanoUSD: input.costNanoUSD,
            model: input.model?.storable)
    }
}

extension String {
    /// The text as every database can give it back: PostgreSQL's texts have no zero character.
    fileprivate var storable: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}

/// What `psql-worker` takes: an ``AnsweredQuestion`` without its id.
package struct AnswerToStore: Decodable, Sendable {
    /// The question without personal data.
    package var question: String
    /// The answer.
    package var answer: String
    /// The passages that the answer names.
    package var citations: [Citation]
    /// The passages that were found for the question; nil from a connector that does not hand them on.
    package var passages: [Passage]?
    /// Whether the answer was made without the model.
    package var isDegraded: Bool
    /// The tokens that were paid for.
    package var usage: TokenUsage
    /// What the answer cost, in nano-dollars.
    package var costNanoUSD: Int64
    /// The model that answered; nil without one.
    package var model: String?

    private enum CodingKeys: String, CodingKey {
        case question, answer, citations, passages, usage, model
        case isDegraded = "degraded"
        case costNanoUSD = "cost_nano_usd"
    }
}

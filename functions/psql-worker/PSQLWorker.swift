package import FunctionKit
import Logging

/// Stores a question with its answer, once.
///
/// The question's id comes from the invocation, not from the payload, so that no payload can write another question's
/// answer. See the folder's README for its JSON.
package struct PSQLWorker: Function {
    private let history: any History

    /// Makes the function.
    ///
    /// - Parameter history: Where the answer and the question's final state go, in one transaction.
    package init(history: any History) {
        self.history = history
    }

    /// Stores the answer.
    ///
    /// A redelivery finds it stored: that is no error, and nothing is changed.
    ///
    /// - Throws: What the history throws; the message is then tried again, or handed back where the history says so.
    @concurrent package func invoke(_ input: AnswerToStore, context: InvocationContext) async throws -> StoredAnswer {
        let isStored = try await history.store(
            AnsweredQuestion(
                id: context.questionID, question: input.question, answer: input.answer, citations: input.citations,
                passages: input.passages ?? [], isDegraded: input.isDegraded, usage: input.usage,
                costNanoUSD: input.costNanoUSD, model: input.model))
        context.logger.debug(isStored ? "answer stored" : "answer was stored before")
        return StoredAnswer(id: context.questionID, stored: isStored)
    }
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

/// What `psql-worker` gives.
package struct StoredAnswer: Encodable, Sendable {
    /// The question's id.
    package var id: String
    /// Whether this invocation stored it; false for a redelivery.
    package var stored: Bool
}

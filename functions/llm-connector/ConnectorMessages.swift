package import Answers
package import FunctionKit

/// What `llm-connector` takes: what `rag-core` gives.
package struct QuestionWithPassages: Decodable, Sendable {
    /// The question without personal data.
    package var question: String
    /// The passages that may answer it, best first.
    package var passages: [Passage]

    /// Makes an input.
    package init(question: String, passages: [Passage]) {
        self.question = question
        self.passages = passages
    }
}

/// What `llm-connector` gives: an ``AnsweredQuestion`` without its id.
package struct CitedAnswer: Encodable, Sendable, Hashable {
    /// The question, as it came.
    package var question: String
    /// The answer.
    package var answer: String
    /// The passages that the answer names, in the order in which it first names them.
    package var citations: [Citation]
    /// The passages, as they came.
    package var passages: [Passage]
    /// Whether the answer was made without the model.
    package var isDegraded: Bool
    /// The tokens that were paid for; zero without the model.
    package var usage = TokenUsage(inputTokens: 0, outputTokens: 0)
    /// What the answer cost, in nano-dollars, with what was charged for calls that brought none.
    package var costNanoUSD: Int64 = 0
    /// The model that answered; nil without one.
    package var model: String?

    /// Makes an answer that cost nothing.
    init(to input: QuestionWithPassages, answer: String, citations: [Citation] = [], isDegraded: Bool = false) {
        question = input.question
        passages = input.passages
        self.answer = answer
        self.citations = citations
        self.isDegraded = isDegraded
    }

    private enum CodingKeys: String, CodingKey {
        case question, answer, citations, passages, usage, model
        case isDegraded = "degraded"
        case costNanoUSD = "cost_nano_usd"
    }
}

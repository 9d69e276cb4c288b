package import FunctionKit

/// A question with its answer: the output of the pipeline that answers questions.
package struct AnsweredQuestion: Sendable, Hashable, Codable {
    /// The question's id.
    package var id: String
    /// The question without personal data.
    package var question: String
    /// The answer.
    package var answer: String
    /// The passages that the answer names.
    package var citations: [Citation]
    /// The passages that were found for the question, best first; none in what was stored before they were kept.
    package var passages: [Passage]
    /// Whether the answer was made without the model.
    package var isDegraded: Bool
    /// The tokens that were paid for; zero without the model.
    package var usage: TokenUsage
    /// What the answer cost, in nano-dollars, with what was charged for calls that brought none.
    package var costNanoUSD: Int64
    /// The model that answered; nil without one.
    package var model: String?

    /// Makes a record.
    package init(
        id: String, question: String, answer: String, citations: [Citation], passages: [Passage] = [],
        isDegraded: Bool, usage: TokenUsage, costNanoUSD: Int64, model: String?
    ) {
        self.id = id
        self.question = question
        self.answer = answer
        self.citations = citations
        self.passages = passages
        self.isDegraded = isDegraded
        self.usage = usage
        self.costNanoUSD = costNanoUSD
        self.model = model
    }

    private enum CodingKeys: String, CodingKey {
        case id, question, answer, citations, passages, usage, model
        case isDegraded = "degraded"
        case costNanoUSD = "cost_nano_usd"
    }

    /// Reads a record; passages that are left out are none.
    ///
    /// - Throws: `DecodingError`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        question = try container.decode(String.self, forKey: .question)
        answer = try container.decode(String.self, forKey: .answer)
        citations = try container.decode([Citation].self, forKey: .citations)
        passages = try container.decodeIfPresent([Passage].self, forKey: .passages) ?? []
        isDegraded = try container.decode(Bool.self, forKey: .isDegraded)
        usage = try container.decode(TokenUsage.self, forKey: .usage)
        costNanoUSD = try container.decode(Int64.self, forKey: .costNanoUSD)
        model = try container.decodeIfPresent(String.self, forKey: .model)
    }
}

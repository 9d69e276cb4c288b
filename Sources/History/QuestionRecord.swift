package import FoundationEssentials
package import FunctionKit

/// Where a question stands; all but `accepted` are final, but for one that `failed` and is answered after all.
package enum QuestionState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Durable in a queue, on its way.
    case accepted
    /// Answered, by the model or from the passages alone.
    case answered
    /// Dead-lettered: no function could deal with it. Whoever moves the letter back may get an answer yet.
    case failed
    /// The asker's deadline passed before an answer was there.
    case expired
    /// A budget refused it; the asker may return.
    case refused
}

/// One successful run of one function for one question.
package struct StageRun: Sendable, Hashable, Codable {
    /// The question's id.
    package var questionID: String
    /// The function's name.
    package var function: String
    /// Which attempt succeeded, from 1.
    package var attempt: Int
    /// How long the function took.
    package var milliseconds: Double

    /// Makes a run.
    package init(questionID: String, function: String, attempt: Int, milliseconds: Double) {
        self.questionID = questionID
        self.function = function
        self.attempt = attempt
        self.milliseconds = milliseconds
    }
}

/// A question with all that is known of it.
package struct QuestionRecord: Sendable, Hashable {
    /// The question's id.
    package var id: String
    /// The name of its pipeline; nil where it was not accepted at a door, or by a version that did not note it.
    package var pipeline: String?
    /// Where it stands.
    package var state: QuestionState
    /// The question without personal data; empty where only its failure is known.
    package var question: String
    /// The answer with what it cost; nil unless the state is `answered`.
    package var answer: AnsweredQuestion?
    /// Why it failed, expired, was refused or waits, as a constant name.
    package var reason: String?
    /// When a refused asker may return, or what waits for a budget goes on.
    package var opensAt: Date?
    /// Why it was refused or waits, for a person.
    package var explanation: String?
    /// Who asked; nil where tenants are not told apart.
    package var tenant: String?
    /// When it was accepted, or first heard of.
    package var acceptedAt: Date
    /// When it got its final state; nil before.
    package var finishedAt: Date?
    /// The stages that it passed, in the order in which they were noted.
    package var stages: [StageRun]

    /// The reason of a question that a budget had no room for: it was refused, or it waits.
    package static let noRoom = "budget-exhausted"
    /// The reason of a question that was refused because its model has cost more than its bound.
    package static let breached = "model-bound-breached"

    /// Makes a record.
    package init(
        id: String, pipeline: String? = nil, state: QuestionState, question: String, answer: AnsweredQuestion?,
        reason: String?,
        opensAt: Date?, explanation: String? = nil, tenant: String?, acceptedAt: Date, finishedAt: Date?,
        stages: [StageRun]
    ) {
        self.id = id
        self.pipeline = pipeline
        self.state = state
        self.question = question
        self.answer = answer
        self.reason = reason
        self.opensAt = opensAt
        self.explanation = explanation
        self.tenant = tenant
        self.acceptedAt = acceptedAt
        self.finishedAt = finishedAt
        self.stages = stages
    }
}

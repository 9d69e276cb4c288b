package import Answers
import FoundationEssentials
import FunctionKit
package import History

/// A run as the door for questions sees it.
extension RunRecord {
    /// The question; nil where it was none, or only its end is known.
    package var question: String? {
        struct Asked: Decodable { let question: String }
        let texts = [output, input].compactMap { json in
            json.flatMap { try? JSONDecoder().decode(Asked.self, from: $0) }?.question
        }
        return texts.first
    }

    /// The answer; nil unless the run is done.
    ///
    /// The output of a pipeline that does not answer questions is one as it stands.
    package var answer: AnsweredQuestion? {
        guard let output else { return nil }
        if let answer = try? JSONDecoder().decode(AnsweredQuestion.self, from: output) { return answer }
        return AnsweredQuestion(
            id: id, question: question ?? "", answer: String(decoding: output, as: UTF8.self), citations: [],
            isDegraded: false, usage: TokenUsage(inputTokens: 0, outputTokens: 0), costNanoUSD: costNanoUSD, model: nil)
    }
}

/// Where a question stands, in the words of its door.
package enum QuestionState: String, Sendable {
    /// Durable in a queue, on its way.
    case accepted
    /// Answered, by the model or from the passages alone.
    case answered
    /// Dead-lettered.
    case failed
    /// The asker's deadline passed before an answer was there.
    case expired
    /// A budget refused it; the asker may return.
    case refused

    /// The word for a run's state.
    package init(_ state: RunState) {
        self =
            switch state {
            case .queued, .running, .parked: .accepted
            case .done: .answered
            case .failed: .failed
            case .expired: .expired
            case .refused: .refused
            }
    }
}

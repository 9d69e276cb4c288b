import Answers
import Foundation
import History

/// A run of the pipeline that answers questions.
extension RunRecord {
    /// What was asked.
    var question: String? {
        struct Asked: Decodable { let question: String }
        return input.flatMap { try? JSONDecoder().decode(Asked.self, from: $0) }?.question ?? answer?.question
    }

    /// Its output; nil where it has none, or another.
    var answer: AnsweredQuestion? { output.flatMap { try? JSONDecoder().decode(AnsweredQuestion.self, from: $0) } }
}

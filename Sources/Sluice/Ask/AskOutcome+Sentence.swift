import History
import HostProcess

extension AskOutcome {
    /// What became of the question, for a person.
    ///
    /// - Parameters:
    ///   - seconds: How long the person has waited.
    ///   - answerer: Who answers what waits.
    /// - Returns: One sentence.
    func sentence(_ seconds: Int, answeredBy answerer: String = "the next sluice on this data") -> String {
        switch self {
        case .answered: "the question was answered"
        case .refused(let explanation): explanation
        case .unanswered(let record):
            "question \(record.id) was not answered: \(record.explanation ?? record.reason ?? record.state.rawValue)"
                + (record.state == .failed ? "; `sluice dead list` shows it" : "")
        case .waiting(let id, let reason):
            "question \(id) was not answered within \(seconds) s\(reason.map { ": \($0)" } ?? "");"
                + " it stays accepted and is answered by \(answerer)"
        case .interrupted(let id): "interrupted; question \(id) is kept and answered by \(answerer)"
        }
    }
}

import FoundationEssentials
import FunctionKit
import History

extension Dispatcher {
    /// Why an output is no answer: it can never be stored.
    struct UnstorableOutput: Error {
        /// A constant name.
        let code: String
    }

    /// Gives a question its final state, with the last function's output, as JSON, as its answer, and with what all of its
    /// functions paid; once, however often it is delivered.
    ///
    /// - Throws: ``UnstorableOutput``, or the history's errors where it may be stored later.
    func answer(_ id: String, with output: Data, costNanoUSD: Int64) async throws {
        let answer = AnsweredQuestion(
            id: id, question: "", answer: String(decoding: output, as: UTF8.self), citations: [], isDegraded: false,
            // How many tokens of which models that was, only the functions know.
            usage: TokenUsage(inputTokens: 0, outputTokens: 0), costNanoUSD: costNanoUSD, model: nil)
        do {
            _ = try await history.store(answer)
        } catch let error as any DispositionProviding where error.disposition == .deadLetter {
            throw UnstorableOutput(code: error.code)
        }
    }
}

extension Int64 {
    /// The sum; beyond the largest number that one.
    func addingUpToMax(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}

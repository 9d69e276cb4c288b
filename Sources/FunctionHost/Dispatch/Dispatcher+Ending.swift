import FoundationEssentials
import FunctionKit
import History

extension Dispatcher {
    /// Why an output is no answer: it can never be stored.
    struct UnstorableOutput: Error {
        /// A constant name.
        let code: String
    }

    /// Gives a question its final state, with the last function's output, as JSON, as its answer; once, however often it is
    /// delivered.
    ///
    /// - Throws: ``UnstorableOutput``, or the history's errors where it may be stored later.
    func answer(_ id: String, with output: Data) async throws {
        let answer = AnsweredQuestion(
            id: id, question: "", answer: String(decoding: output, as: UTF8.self), citations: [], isDegraded: false,
            // A pipeline that pays ends with a function that knows what was paid.
            usage: TokenUsage(inputTokens: 0, outputTokens: 0), costNanoUSD: 0, model: nil)
        do {
            _ = try await history.store(answer)
        } catch let error as any DispositionProviding where error.disposition == .deadLetter {
            throw UnstorableOutput(code: error.code)
        }
    }
}

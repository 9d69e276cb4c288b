import FoundationEssentials
import FunctionHost
import FunctionKit
import Hummingbird

/// What an invocation brought, as Lambda tells it: an output, or how the function failed.
struct LambdaResult {
    /// A function's failure, in Lambda's words.
    struct Failure: Encodable {
        let errorType: String
        let errorMessage: String
        /// Swift keeps none.
        var stackTrace: [String] = []
        /// For the log.
        let code: String

        private enum CodingKeys: String, CodingKey {
            case errorType, errorMessage, stackTrace
        }
    }

    private let output: Data
    /// Nil where the function succeeded.
    let error: Failure?

    /// Makes a result of how an invocation ended.
    ///
    /// - Parameters:
    ///   - ending: How.
    ///   - function: Whose.
    ///   - id: The call's.
    ///   - isDraining: Whether the host ends.
    ///   - tells: Whether a foreign error's own text is told.
    /// - Throws: ``LambdaError`` where the function did not fail, and cannot work now: its host has trouble of its own, a
    ///   budget has no room.
    init(
        _ ending: Invoker.Ending, of function: FunctionSettings, id: String, isDraining: Bool, tells: Bool
    ) throws(LambdaError) {
        switch ending {
        case .output(let data) where data.count <= LambdaRoutes.payloadBytesMax: (output, error) = (data, nil)
        case .output:
            (output, error) = (
                Data(),
                Failure(
                    errorType: "Function.ResponseSizeTooLarge",
                    errorMessage: "Response payload size exceeded maximum allowed payload size"
                        + " (\(LambdaRoutes.payloadBytesMax) bytes).", code: "output-too-large")
            )
        case .timedOut:
            let hundredths = Int((function.timeout / .milliseconds(10)).rounded())
            let decimals = "\(hundredths % 100 + 100)".dropFirst()
            (output, error) = (
                Data(),
                Failure(
                    errorType: "Sandbox.Timedout",
                    errorMessage: "RequestId: \(id) Error: Task timed out after \(hundredths / 100).\(decimals)"
                        + " seconds", code: "timeout")
            )
        case .cutShort: throw .ending
        case .failed(let thrown):
            if let error = LambdaError(thrown, isDraining: isDraining) { throw error }
            (output, error) = (
                Data(),
                Failure(
                    errorType: ErrorText.type(of: thrown),
                    errorMessage: tells ? ErrorText.own(thrown) : ErrorText.safe(thrown), code: ErrorText.code(thrown))
            )
        }
    }

    /// The answer to the caller: also a failure is one, with status 200.
    func reply(_ tail: LogTail?) -> Reply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts alone always encode.
        var reply = Reply(.ok, json: error.map { (try? encoder.encode($0)) ?? Data("{}".utf8) } ?? output)
        reply.headers[named: "X-Amz-Executed-Version"] = LambdaFunctionName.version
        if error != nil { reply.headers[named: "X-Amz-Function-Error"] = "Unhandled" }
        if let tail { reply.headers[named: "X-Amz-Log-Result"] = tail.base64 }
        return reply
    }
}

extension LambdaError {
    /// What is in the way of an invocation that is no fault of function or input; nil where it is one.
    fileprivate init?(_ error: any Error, isDraining: Bool) {
        guard let error = error as? any DispositionProviding else { return nil }
        switch error.disposition {
        case .deadLetter, .retry: return nil
        case .handBack where isDraining: self = .ending
        case .handBack:
            self.init(.rate, "nothing was done (\(error.code)); call again in a moment")
        case .hostTrouble(let trouble): self.init(.service, "the host cannot do this now: \(trouble)")
        case .budgetExhausted(let refusal) where refusal.cause == .breached:
            self.init(.service, refusal.explanation)
        case .budgetExhausted(let refusal):
            let wait = refusal.cause == .held ? 1 : refusal.opensAt?.timeIntervalSinceNow.rounded(.up)
            self.init(.rate, refusal.explanation, retryAfter: wait.map { Int(min(max(1, $0), 31 * 86_400)) })
        }
    }
}

package import FoundationEssentials
import FunctionHost
import FunctionKit
import History
package import Logging
import Spending
import StrictYAML

/// What became of an asked question.
package enum AskOutcome: Sendable {
    /// It was answered, by the model or without.
    case answered(AnswerReport)
    /// A budget refused it until an instant.
    case refused(until: Date?)
    /// It ended without an answer; `reason` is a constant name.
    case unanswered(id: String, reason: String)
    /// The program ends before the answer is there. The question is kept.
    case interrupted(id: String)
}

/// Why a function could not be invoked directly.
package enum InvokeProblem: Error, Sendable {
    /// There is no such function; `hint` says what there is.
    case unknownFunction(hint: String)
    /// The payload is not the function's input.
    case badInput(String)
    /// A budget has no room until an instant.
    case refused(budget: String, until: Date)
    /// The function failed, or the time was up.
    case failed(String)
}

extension Pipeline {
    /// Asks a question and waits for what becomes of it.
    ///
    /// - Throws: ``FrontDoorError`` where it is not accepted; nothing of it is kept then.
    package func ask(_ question: String) async throws -> AskOutcome {
        let id = try await door.accept(question)
        let record: QuestionRecord
        do {
            record = try await history.outcome(of: id)
        } catch is CancellationError {
            return .interrupted(id: id)
        }
        if let report = AnswerReport(record, budgets: try await governor.status()) { return .answered(report) }
        if record.state == .refused { return .refused(until: record.opensAt) }
        return .unanswered(id: id, reason: record.reason ?? record.state.rawValue)
    }

    /// Invokes one function once, outside its queue, under the manifest's timeout.
    ///
    /// - Returns: Its output, as JSON.
    /// - Throws: ``InvokeProblem``.
    package func invoke(_ name: String, payload: Data, logger: Logger) async throws(InvokeProblem) -> Data {
        let names = functions.map(\.settings.name)
        guard let registered = functions.first(where: { $0.settings.name == name }) else {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw .unknownFunction(hint: hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")
        }
        let context = InvocationContext(
            questionID: UUID().uuidString.lowercased(), functionName: name, attempt: 1,
            deadline: .now + registered.settings.timeout, tenant: nil, trace: TraceContext(), logger: logger,
            drain: host.drain)
        switch await host.invoker.invoke(registered.function, payload, context: context) {
        case .output(let output): return output
        case .failed(let error as FunctionError): throw .badInput(error.description)
        case .failed(LanguageModelError.budgetExhausted(let refusal)):
            throw .refused(budget: refusal.budget, until: refusal.opensAt)
        case .failed(let error as any DispositionProviding): throw .failed("`\(name)` failed: \(error.code)")
        case .failed(let error): throw .failed("`\(name)` failed: \(type(of: error))")
        case .timedOut: throw .failed("`\(name)` took longer than the manifest allows")
        case .cutShort: throw .failed("interrupted")
        }
    }
}

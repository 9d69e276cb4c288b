package import FoundationEssentials
import FunctionHost
import FunctionKit
import History
package import Logging
import ServiceLifecycle
import Spending
import StrictYAML

/// What became of an asked question.
package enum AskOutcome: Sendable {
    /// It was answered, by the model or without.
    case answered(AnswerReport)
    /// A budget had no room for it, as the sentence says.
    case refused(String)
    /// It ended without an answer; `reason` is a constant name.
    case unanswered(id: String, reason: String)
    /// The time was up before the answer was there. The question is kept; `reason` says what is in the way, where that is
    /// known.
    case waiting(id: String, reason: String?)
    /// The program ends before the answer is there. The question is kept.
    case interrupted(id: String)
}

/// Why a function could not be invoked directly.
package enum InvokeProblem: Error, Sendable {
    /// There is no such function; `hint` says what there is.
    case unknownFunction(hint: String)
    /// The payload is not the function's input.
    case badInput(String)
    /// A budget has no room, as the sentence says.
    case refused(String)
    /// The function failed, or the time was up.
    case failed(String)
}

extension Pipeline {
    /// How long what is under way may still take when the asker's patience has ended.
    private static let lastMoment = Duration.seconds(5)

    /// Asks a question and waits for what becomes of it.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - patience: How long to wait.
    ///   - tell: Told once, where the question waits for a budget.
    /// - Returns: What became of it.
    /// - Throws: ``FrontDoorError`` where it is not accepted, or may not have been.
    package func ask(
        _ question: String, patience: Duration, tellOfWait tell: @escaping @Sendable (ParkedQuestion) -> Void
    ) async throws -> AskOutcome {
        let id = try await door.accept(question)
        async let _: Void = tellOfWait(id, tell)
        guard let record = try await outcome(of: id, within: patience) else {
            guard host.drain.deadline == nil else { return .interrupted(id: id) }
            // A call that is nearly done is worth a moment; who asked is not left waiting for another one.
            host.end(within: Self.lastMoment)
            let troubles = host.troubles.values.map(\.description).sorted()
            return .waiting(
                id: id, reason: troubles.isEmpty ? await obstacle(to: id) : troubles.joined(separator: ", "))
        }
        if let report = try await report(on: record) { return .answered(report) }
        if record.state == .refused, record.reason == QuestionRecord.noRoom { return .refused(record.refusal) }
        return .unanswered(id: id, reason: record.reason ?? record.state.rawValue)
    }

    /// What a question waits for, where nothing is wrong.
    private func obstacle(to id: String) async -> String? {
        guard let record = await look(at: id)?.record else { return nil }
        if record.reason == QuestionRecord.noRoom, let explanation = record.explanation { return explanation }
        let done = Set(record.stages.map(\.function))
        return functions.map(\.settings.name).first { !done.contains($0) }.map { "\($0) has not finished yet" }
    }

    /// Tells that a question is parked; ends when it has, or is cancelled.
    private func tellOfWait(_ id: String, _ tell: @Sendable (ParkedQuestion) -> Void) async {
        while (try? await Task.sleep(for: Self.waitLook)) != nil {
            // A history that is away is the outcome's to tell of.
            guard let record = try? await history.question(id: id) else { continue }
            guard record.state == .accepted else { return }
            guard record.reason == QuestionRecord.noRoom, let explanation = record.explanation else { continue }
            return tell(ParkedQuestion(id: id, explanation: explanation))
        }
    }

    /// How often it is looked whether a question is parked: nothing tells of states that are not final.
    private static let waitLook = Duration.milliseconds(500)

    /// The report on a question; nil for one without an answer.
    func report(on record: QuestionRecord) async throws -> AnswerReport? {
        AnswerReport(record, budgets: try await governor.status(), pipeline: functions.map(\.settings.name))
    }

    /// What is known of a question; nil where the history does not say in time.
    ///
    /// No asker waits longer for a history that is away, locked or frozen.
    func look(at id: String) async -> Look? { await lookOrObstacle(at: id).look }

    /// What is known of a question, or why nobody can say; neither where the history does not answer in time.
    func lookOrObstacle(at id: String) async -> (look: Look?, obstacle: (any Error)?) {
        do {
            let look = try await first(within: .seconds(2)) { [history] in
                Look(record: try await history.question(id: id))
            }
            return (look, nil)
        } catch {
            return (nil, error)
        }
    }

    /// What a look at the history found.
    struct Look: Sendable {
        /// The question; nil where nothing is known of it.
        let record: QuestionRecord?
    }

    /// Waits for a question's final state, and a moment for the functions' times, which are noted beside it.
    ///
    /// - Parameters:
    ///   - id: The question's id.
    ///   - limit: How long to wait for the final state; nil for as long as it takes.
    /// - Returns: Nil where the time is up or the task is cancelled.
    /// - Throws: ``SQLiteStoreError``.
    func outcome(of id: String, within limit: Duration?) async throws -> QuestionRecord? {
        let final = try await first(within: limit) { [history] in try await history.outcome(of: id) }
        guard let final, final.state == .answered else { return final }
        let names = Set(functions.map(\.settings.name))
        let complete = try await first(within: .seconds(1)) { [history] in
            try await history.outcome(of: id) { record in names.isSubset(of: record.stages.map(\.function)) }
        }
        return complete ?? final
    }

    /// What `body` gives in time; nil where the time is up, the task is cancelled or the program ends.
    private func first<Value: Sendable>(
        within limit: Duration?, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                do {
                    return try await cancelWhenGracefulShutdown { try await body() }
                } catch is CancellationError {
                    return nil
                }
            }
            if let limit {
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return nil
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Invokes one function once, outside its queue, under the manifest's timeout.
    ///
    /// - Parameters:
    ///   - name: The function's.
    ///   - payload: Its input, as JSON.
    ///   - patience: How long to wait, where the manifest allows more.
    ///   - logger: Gets what the function has to say.
    /// - Returns: Its output, as JSON.
    /// - Throws: ``InvokeProblem``.
    package func invoke(
        _ name: String, payload: Data, patience: Duration, logger: Logger
    ) async throws(InvokeProblem) -> Data {
        let names = functions.map(\.settings.name)
        guard let registered = functions.first(where: { $0.settings.name == name }) else {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw .unknownFunction(hint: hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")
        }
        let context = InvocationContext(
            questionID: UUID().uuidString.lowercased(), functionName: name, attempt: 1,
            deadline: .now + min(patience, registered.settings.timeout), tenant: nil, trace: TraceContext(),
            logger: logger,
            drain: host.drain)
        let invoker = host.invoker
        let ending = await withGracefulShutdownHandler {
            await invoker.invoke(registered.function, payload, context: context)
        } onGracefulShutdown: {
            // Somebody waits for it, and has had enough.
            invoker.cutShort()
        }
        switch ending {
        case .output(let output): return output
        case .failed(let error as FunctionError): throw .badInput(error.description)
        case .failed(LanguageModelError.budgetExhausted(let refusal)) where refusal.cause != .breached:
            throw .refused(refusal.explanation)
        case .failed(LanguageModelError.budgetExhausted(let refusal)):
            throw .failed("`\(name)` failed: \(refusal.explanation)")
        case .failed(let error as any DispositionProviding):
            guard case .hostTrouble(let trouble) = error.disposition else {
                throw .failed("`\(name)` failed: \(error.code)")
            }
            throw .failed("`\(name)` failed: \(trouble); \(trouble.kind.advice)")
        case .failed(let error): throw .failed("`\(name)` failed: \(type(of: error))")
        case .timedOut where patience < registered.settings.timeout:
            throw .failed("`\(name)` took longer than \(patience.components.seconds) s; wait longer with --wait")
        case .timedOut: throw .failed("`\(name)` took longer than the manifest allows")
        case .cutShort: throw .failed("interrupted")
        }
    }
}

extension QuestionRecord {
    /// Why it was refused; what was refused before explanations were kept has none.
    fileprivate var refusal: String {
        let turn = opensAt.map { "; it opens at \($0.formatted(.iso8601))" } ?? ""
        return explanation ?? "a budget had no room for the question\(turn)"
    }
}

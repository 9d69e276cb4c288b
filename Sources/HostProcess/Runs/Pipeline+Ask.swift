package import Composition
import FoundationEssentials
import FunctionHost
import FunctionKit
package import History
import ServiceLifecycle
import Spending
import Waiting

/// What is told of a question while it is waited for.
package enum AskEvent: Sendable {
    /// It is durable: whatever happens now, it is answered one day.
    case accepted(id: String)
    /// It waits for a budget.
    case parked(ParkedQuestion)
}

/// What became of an asked question.
package enum AskOutcome: Sendable {
    /// It was answered, by the model or without.
    case answered(AnswerReport)
    /// A budget had no room for it, as the sentence says.
    case refused(String)
    /// It ended without an answer.
    case unanswered(RunRecord)
    /// The time was up before the answer was there. The question is kept; `reason` says what is in the way, where that is
    /// known.
    case waiting(id: String, reason: String?)
    /// The program ends before the answer is there. The question is kept.
    case interrupted(id: String)
}

extension Pipeline {
    /// How long the history may take to say what a question waits for, when the time is up.
    private static let lastLook = Duration.milliseconds(200)

    /// Asks a question and waits for what becomes of it.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - patience: How long to wait.
    ///   - tell: Told once that it is accepted, and once where it waits for a budget.
    /// - Returns: What became of it.
    /// - Throws: ``FrontDoorError`` where it is not accepted, or may not have been.
    package func ask(
        _ question: String, patience: Patience, tell: @escaping @Sendable (AskEvent) -> Void
    ) async throws -> AskOutcome {
        let id = try await questionDoor.accept(question)
        tell(.accepted(id: id))
        switch await end(of: id, at: questionDoor, patience, tell) {
        case .interrupted: return .interrupted(id: id)
        case .waiting(let reason): return .waiting(id: id, reason: reason)
        case .over(let record):
            if let report = await report(on: record) { return .answered(report) }
            if record.isWithoutRoom { return .refused(record.refusal) }
            return .unanswered(record)
        }
    }

    /// The door that questions come in at: the first pipeline's.
    var questionDoor: FrontDoor { doors[0] }

    /// What became of a run that somebody waits for.
    enum WaitedEnd {
        /// It has its final state.
        case over(RunRecord)
        /// The time is up; what is in the way, where that is known.
        case waiting(reason: String?)
        /// The program ends.
        case interrupted
    }

    /// Waits for the final state of a run that a door has accepted, and tells where it is parked.
    func end(
        of id: String, at door: FrontDoor, _ patience: Patience, _ tell: @escaping @Sendable (AskEvent) -> Void
    ) async -> WaitedEnd {
        async let _: Void = tellOfWait(id, tell)
        if let record = await outcome(of: id, patience) { return .over(record) }
        guard host.drain.deadline == nil else { return .interrupted }
        let names = Set(door.pipeline.map(\.settings.name))
        let troubles = Set(host.troubles.filter { names.contains($0.key) }.values.map(\.reason)).sorted()
        return .waiting(
            reason: troubles.isEmpty ? await obstacle(to: id, at: door) : troubles.joined(separator: ", "))
    }

    /// Waits for the final state, also while the history cannot be read: the question is accepted, and may be answered.
    private func outcome(of id: String, _ patience: Patience) async -> RunRecord? {
        let deadline = Deadline(patience.end, by: .process)
        let record = try? await deadline.asking(every: Self.waitLook) { (_: any Error) in
            true
        } _: {
            try await outcome(of: id, within: patience.left)
        }
        return record ?? nil
    }

    /// What a question waits for, where nothing is wrong.
    private func obstacle(to id: String, at door: FrontDoor) async -> String? {
        let (look, obstacle) = await lookOrObstacle(at: id, within: Self.lastLook)
        guard let look else { return obstacle.flatMap(plainReason) ?? "the history does not answer" }
        if let record = look.record, record.reason == RunRecord.noRoom, let explanation = record.explanation {
            return explanation
        }
        return next(after: look.record?.stages ?? [], at: door).map { "\($0) has not finished yet" }
    }

    /// The function that an accepted message waits for.
    private func next(after stages: [StageRun], at door: FrontDoor) -> String? {
        let done = Set(stages.map(\.function))
        // What is accepted has passed the door's own function, whether that is noted yet or not.
        return door.pipeline.map(\.settings).first { !$0.redacts && !done.contains($0.name) }?.name
    }

    /// What keeps this host from taking an accepted message any further; nil where nothing does.
    func trouble(before record: RunRecord) -> HostTrouble? {
        next(after: record.stages, at: door(of: record)).flatMap { host.troubles[$0] }
    }

    /// The door of the pipeline that a run goes through; the first where nothing says which.
    func door(of record: RunRecord) -> FrontDoor {
        let stages = Set(record.stages.map(\.function))
        return doors.first { $0.name == record.pipeline }
            ?? doors.first { $0.pipeline.contains { stages.contains($0.settings.name) } } ?? questionDoor
    }

    /// Tells that a question is parked; ends when it has, or is cancelled.
    private func tellOfWait(_ id: String, _ tell: @Sendable (AskEvent) -> Void) async {
        while (try? await Task.sleep(for: Self.waitLook)) != nil {
            // A history that is away is the outcome's to tell of.
            guard let record = try? await history.run(id: id) else { continue }
            guard !record.state.isFinal else { return }
            guard record.reason == RunRecord.noRoom, let explanation = record.explanation else { continue }
            return tell(.parked(ParkedQuestion(id: id, explanation: explanation)))
        }
    }

    /// How often it is looked whether a question is parked, or the history is back: nothing tells of either.
    private static let waitLook = Duration.milliseconds(500)

    /// The report on a question; nil for one without an answer.
    ///
    /// An answer is given whatever the ledger says: without it, what is left of the limit is not known.
    func report(on record: RunRecord) async -> AnswerReport? {
        let budgets = (try? await governor?.status()) ?? []
        return AnswerReport(record, budgets: budgets, pipeline: door(of: record).pipeline.map(\.settings.name))
    }

    /// What is known of a question; nil where the history does not say in time.
    ///
    /// No asker waits longer for a history that is away, locked or frozen.
    func look(at id: String) async -> Look? { await lookOrObstacle(at: id).look }

    /// What is known of a question, or why nobody can say; neither where the history does not answer in time.
    func lookOrObstacle(
        at id: String, within limit: Duration = .seconds(2)
    ) async -> (look: Look?, obstacle: (any Error)?) {
        do {
            let look = try await first(within: limit) { [history] in
                Look(record: try await history.run(id: id))
            }
            return (look, nil)
        } catch {
            return (nil, error)
        }
    }

    /// What a look at the history found.
    struct Look: Sendable {
        /// The question; nil where nothing is known of it.
        let record: RunRecord?
    }

    /// Waits for a question's final state, and a moment for the functions' times, which are noted beside it.
    ///
    /// - Parameters:
    ///   - id: The question's id.
    ///   - limit: How long to wait for the final state.
    /// - Returns: Nil where the time is up or the task is cancelled.
    /// - Throws: ``SQLiteStoreError``.
    func outcome(of id: String, within limit: Duration) async throws -> RunRecord? {
        let final = try await first(within: limit) { [history] in try await history.outcome(of: id) }
        guard let final, final.state == .done else { return final }
        let names = Set(door(of: final).pipeline.map(\.settings.name))
        let complete = try await first(within: .seconds(1)) { [history] in
            try await history.outcome(of: id) { record in names.isSubset(of: record.stages.map(\.function)) }
        }
        return complete ?? final
    }

    /// What `body` gives in time; nil where the time is up, the task is cancelled or the program ends.
    ///
    /// A body that does not end when it is cancelled, such as a query to a server that stands still, is left behind.
    private func first<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await Deadline(after: limit, by: .process).answer { () async throws -> Value? in
            do {
                return try await cancelWhenGracefulShutdown { try await body() }
            } catch is CancellationError {
                return nil
            }
        } ?? nil
    }
}

extension RunRecord {
    /// Whether a budget refused it.
    var isWithoutRoom: Bool { state == .refused && reason == Self.noRoom }

    /// Why it was refused; what was refused before explanations were kept has none.
    var refusal: String {
        let turn = opensAt.map { "; it opens at \($0.formatted(.iso8601))" } ?? ""
        return explanation ?? "a budget had no room for it\(turn)"
    }
}

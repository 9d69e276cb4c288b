package import Composition
package import FoundationEssentials
import FunctionHost
import FunctionKit
import History

/// What became of a message that was sent.
package enum SendOutcome: Sendable {
    /// The last function's output, as JSON.
    case done(Data)
    /// A budget had no room for it, as the sentence says.
    case refused(String)
    /// It ended without an output, as the sentence says.
    case failed(String)
    /// The time was up before. The message is kept; `reason` says what is in the way, where that is known.
    case waiting(id: String, reason: String?)
    /// The program ends before. The message is kept.
    case interrupted(id: String)
}

extension Pipeline {
    /// The door of a pipeline.
    ///
    /// - Throws: ``OperatorProblem`` where the manifest has none of the name.
    func door(named name: String) throws(OperatorProblem) -> FrontDoor {
        guard let door = doors.first(where: { $0.name == name }) else {
            throw OperatorProblem(unknownPipeline(name, among: doors.map(\.name)))
        }
        return door
    }

    /// Sends a message into a pipeline; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - payload: The first function's input, as JSON.
    ///   - name: The pipeline's.
    ///   - id: The run's id: sent again under it, it is the same run.
    /// - Returns: That id.
    /// - Throws: ``FrontDoorError`` where it is not accepted, or may not have been; ``OperatorProblem``.
    package func send(_ payload: Data, to name: String, id: String) async throws -> String {
        try await door(named: name).accept(payload: payload, id: id)
    }

    /// Sends a message into a pipeline and waits for what becomes of it.
    ///
    /// - Parameters:
    ///   - payload: The first function's input, as JSON.
    ///   - name: The pipeline's.
    ///   - id: The run's id: sent again under it, it is the same run.
    ///   - patience: How long to wait.
    ///   - tell: Told once that it is accepted, and once where it waits for a budget.
    /// - Returns: What became of it.
    /// - Throws: As ``send(_:to:id:)``.
    package func send(
        _ payload: Data, to name: String, id: String, patience: Patience,
        tell: @escaping @Sendable (AskEvent) -> Void
    ) async throws -> SendOutcome {
        let door = try door(named: name)
        let id = try await door.accept(payload: payload, id: id)
        tell(.accepted(id: id))
        switch await end(of: id, at: door, patience, tell) {
        case .interrupted: return .interrupted(id: id)
        case .waiting(let reason): return .waiting(id: id, reason: reason)
        case .over(let record):
            if let output = report(run: record).output { return .done(output) }
            if record.isWithoutRoom { return .refused(record.refusal) }
            let reason = record.explanation ?? record.reason ?? record.state.rawValue
            return .failed(
                "run \(id) ended without an output: \(reason)"
                    + (record.state == .failed ? "; `sluice dead list` shows it" : ""))
        }
    }

    /// The report on a run.
    func report(run record: RunRecord) -> RunReport {
        let wait = !record.state.isFinal && record.reason == nil ? trouble(before: record) : nil
        let door = door(of: record)
        return RunReport(
            record, pipeline: record.pipeline ?? door.name, functions: door.pipeline.map(\.settings.name),
            isWorkedOn: host.invoker.isWorking(on: record.id), wait: wait.map { ($0.code, $0.reason) })
    }
}

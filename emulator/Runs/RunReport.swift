import BudgetReport
package import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Spending

/// A run as `GET /v1/runs/ID` shows it.
///
/// What is not known is left out; `output` is the last function's, as it gave it, and stands in a run that is `done`.
///
/// ```json
/// {"id": "…", "pipeline": "shouting", "state": "done", "accepted_at": "2026-11-23T10:00:00Z", "finished_at": "…",
///  "cost_usd": "0.00", "stages": [{"function": "shout", "attempt": 1, "milliseconds": 0.4}], "output": {"text": "HELLO"}}
/// ```
package struct RunReport: Sendable {
    /// Where a run stands; the last four are final, but for one that `failed` and whose letter is replayed.
    package enum State: String, Encodable, Sendable, CaseIterable {
        /// Durable in the queue of its first function.
        case queued
        /// A function works on it, or has.
        case running
        /// It waits for a budget.
        case parked
        /// Its last function has given its output.
        case done
        /// A budget refused it.
        case refused
        /// Nobody waits for it any more.
        case expired
        /// No function could deal with it.
        case failed
    }

    private struct Facts: Encodable {
        let id: String
        let pipeline, tenant: String?
        let state: State
        let acceptedAt, finishedAt, reason, explanation, opensAt: String?
        let cost: Money?
        let stages: [AnswerReport.Stage]

        private enum CodingKeys: String, CodingKey {
            case id, pipeline, tenant, state, reason, explanation, stages
            case acceptedAt = "accepted_at"
            case finishedAt = "finished_at"
            case opensAt = "opens_at"
            case cost = "cost_usd"
        }
    }

    /// The last function's output, as JSON; nil unless the run is `done`.
    package let output: Data?
    private let facts: Facts

    /// The report on a run that is known.
    ///
    /// - Parameters:
    ///   - record: What is kept of it.
    ///   - door: Of its pipeline.
    ///   - isWorkedOn: Whether a function works on it here and now.
    ///   - wait: Why it waits, where the host is in trouble.
    init(_ record: QuestionRecord, at door: FrontDoor, isWorkedOn: Bool, wait: (code: String, reason: String)?) {
        output = record.output
        let passed = Set(record.stages.map(\.function))
        let hasBegun =
            isWorkedOn || door.pipeline.contains { !$0.settings.redacts && passed.contains($0.settings.name) }
        facts = Facts(
            id: record.id, pipeline: record.pipeline ?? door.name, tenant: record.tenant,
            state: State(record, hasBegun: hasBegun), acceptedAt: record.acceptedAt.formatted(.iso8601),
            finishedAt: record.finishedAt?.formatted(.iso8601), reason: record.reason ?? wait?.code,
            explanation: record.explanation ?? wait.map { "it waits: \($0.reason)" },
            opensAt: record.opensAt?.formatted(.iso8601),
            cost: record.answer.map { Money(nanoUSD: $0.costNanoUSD) },
            stages: AnswerReport.stages(record, in: door.pipeline.map(\.settings.name)))
    }

    /// The report on a run that was accepted a moment ago.
    init(_ note: AcceptanceNotes.Note, isWorkedOn: Bool) {
        output = nil
        facts = Facts(
            id: note.id, pipeline: note.pipeline, tenant: nil, state: isWorkedOn ? .running : .queued, acceptedAt: nil,
            finishedAt: nil, reason: nil, explanation: nil, opensAt: nil, cost: nil, stages: [])
    }

    /// The report as JSON with a line break at its end.
    func json() throws -> Data {
        let json = try facts.stableJSON()
        guard let output, let end = json.lastIndex(of: UInt8(ascii: "}")) else { return json }
        // As the function gave it: read and written again, numbers might lose digits.
        return json[..<end].dropLast() + Data(",\n  \"output\" : ".utf8) + output + Data("\n}\n".utf8)
    }
}

extension RunReport.State {
    init(_ record: QuestionRecord, hasBegun: Bool) {
        self =
            switch record.state {
            case .accepted where record.reason == QuestionRecord.noRoom: .parked
            case .accepted: hasBegun ? .running : .queued
            case .answered: .done
            case .refused: .refused
            case .expired: .expired
            case .failed: .failed
            }
    }
}

extension QuestionRecord {
    /// The last function's output, as JSON; nil without an answer.
    fileprivate var output: Data? {
        guard let answer else { return nil }
        // What the host itself ends has its output for an answer, and no question.
        return answer.question.isEmpty ? Data(answer.answer.utf8) : try? JSONEncoder().encode(answer)
    }
}

import Documents
package import FoundationEssentials
import FunctionHost
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
    private struct Facts: Encodable {
        let id: String
        let pipeline, tenant: String?
        let state: RunState
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
    ///   - pipeline: The name of its pipeline.
    ///   - functions: The names of that pipeline's functions, in their order.
    ///   - isWorkedOn: Whether a function works on it here and now.
    ///   - wait: Why it waits, where the host is in trouble.
    init(
        _ record: RunRecord, pipeline: String, functions: [String], isWorkedOn: Bool,
        wait: (code: String, reason: String)? = nil
    ) {
        output = record.output
        facts = Facts(
            id: record.id, pipeline: pipeline, tenant: record.tenant,
            state: isWorkedOn && !record.state.isFinal ? .running : record.state,
            acceptedAt: record.acceptedAt.formatted(.iso8601), finishedAt: record.finishedAt?.formatted(.iso8601),
            reason: record.reason ?? wait?.code,
            explanation: record.explanation ?? wait.map { "it waits: \($0.reason)" },
            opensAt: record.opensAt?.formatted(.iso8601), cost: Money(nanoUSD: record.costNanoUSD),
            stages: AnswerReport.stages(record, in: functions))
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

import Foundation
import History
import Testing

@testable import HostProcess

@Suite("The report on a run")
struct RunReportTests {
    private func record(_ state: RunState, output: String? = nil) -> RunRecord {
        RunRecord(
            id: "r", pipeline: "p", tenant: "acme", state: state, input: Data("{}".utf8),
            output: output.map { Data($0.utf8) }, costNanoUSD: 1_500_000, reason: nil, opensAt: nil, explanation: nil,
            acceptedAt: Date(timeIntervalSince1970: 0), finishedAt: nil,
            stages: [
                StageRun(runID: "r", function: "b", attempt: 2, milliseconds: 1),
                StageRun(runID: "r", function: "a", attempt: 1, milliseconds: 2),
            ])
    }

    @Test(
        "has the output as the function gave it, whatever it is",
        arguments: ["{\"a\":1.10}", "null", "[]", "\"}\"", "1e400"])
    func output(_ output: String) throws {
        let report = RunReport(record(.done, output: output), pipeline: "p", functions: ["a", "b"], isWorkedOn: false)
        let json = String(decoding: try report.json(), as: UTF8.self)
        #expect(json.hasSuffix(",\n  \"output\" : \(output)\n}\n"))
        #expect(json.contains("\"cost_usd\" : \"0.0015\"") && json.contains("\"tenant\" : \"acme\""))
        let first = try #require(json.range(of: "\"function\" : \"a\"")?.lowerBound)
        #expect(try first < #require(json.range(of: "\"function\" : \"b\"")?.lowerBound))
    }

    @Test("says that a run is worked on, unless it has ended", arguments: RunState.allCases)
    func state(_ state: RunState) throws {
        for isWorkedOn in [false, true] {
            let report = RunReport(record(state), pipeline: "p", functions: ["a"], isWorkedOn: isWorkedOn)
            let shown = isWorkedOn && !state.isFinal ? RunState.running : state
            let json = String(decoding: try report.json(), as: UTF8.self)
            #expect(json.contains("\"state\" : \"\(shown.rawValue)\""))
        }
    }
}

import FoundationEssentials
import History
import Postgres

/// Reads runs back as values.
enum RunRow {
    private static let columns = """
        number, id, pipeline, tenant, state, input, output, cost_nano_usd, reason, opens_at, explanation, accepted_at,
        finished_at
        """

    /// A run by its id, and the stages of it.
    static func statements(id: String) -> [PostgresStatement] {
        [
            PostgresStatement("SELECT \(columns) FROM runs WHERE id = $1", [.text(id)]),
            PostgresStatement("\(stages) WHERE run_id = $1 ORDER BY number", [.text(id)]),
        ]
    }

    /// A page of runs, and the stages of it.
    static func statements(after position: Int64, tenant: String?, atMost count: Int) -> [PostgresStatement] {
        // One text for each shape, so that each keeps a plan of its own.
        let condition = tenant == nil ? "number > $1" : "number > $1 AND tenant = $3"
        let values: [PostgresValue] = [.int8(position), .int8(max(0, count))] + (tenant.map { [.text($0)] } ?? [])
        let page = "FROM runs WHERE \(condition) ORDER BY number LIMIT $2"
        return [
            PostgresStatement("SELECT \(columns) \(page)", values),
            PostgresStatement("\(stages) WHERE run_id IN (SELECT id \(page)) ORDER BY number", values),
        ]
    }

    private static let stages = "SELECT run_id, function, attempt, microseconds FROM stages"

    /// Puts together what the statements gave; without states that this program does not know.
    static func records(
        _ results: [PostgresResult]
    ) throws -> [(position: Int64, record: RunRecord)] {
        guard results.count == 2 else { throw PostgresError.unexpectedType(column: 0) }
        var stages: [String: [StageRun]] = [:]
        for row in results[1].rows {
            let run = StageRun(
                runID: try row.get(0), function: try row.get(1), attempt: try row.get(2),
                milliseconds: Double(try row.get(3, as: Int64.self)) / 1000)
            stages[run.runID, default: []].append(run)
        }
        return try results[0].rows.compactMap { row in
            let id: String = try row.get(1)
            guard let state = RunState(rawValue: try row.get(4)) else { return nil }
            let (input, output): (String?, String?) = (try row.get(5), try row.get(6))
            let record = RunRecord(
                id: id, pipeline: try row.get(2), tenant: try row.get(3), state: state,
                input: input.map { Data($0.utf8) }, output: output.map { Data($0.utf8) }, costNanoUSD: try row.get(7),
                reason: try row.get(8), opensAt: try row.get(9), explanation: try row.get(10),
                acceptedAt: try row.get(11), finishedAt: try row.get(12), stages: stages[id] ?? [])
            return (try row.get(0), record)
        }
    }
}

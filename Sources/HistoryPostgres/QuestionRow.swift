import FoundationEssentials
import FunctionKit
import History
import Postgres

/// Reads questions back as values.
enum QuestionRow {
    private static let columns = """
        number, id, state, question, tenant, accepted_at, finished_at, answer, citations::text, passages::text,
        is_degraded, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd, model, reason,
        opens_at, explanation, pipeline
        """

    /// A question by its id, and the stages of it.
    static func statements(id: String) -> [PostgresStatement] {
        [
            PostgresStatement("SELECT \(columns) FROM questions WHERE id = $1", [.text(id)]),
            PostgresStatement("\(stages) WHERE question_id = $1 ORDER BY number", [.text(id)]),
        ]
    }

    /// A page of questions, and the stages of it.
    static func statements(after position: Int64, tenant: String?, atMost count: Int) -> [PostgresStatement] {
        // One text for each shape, so that each keeps a plan of its own.
        let condition = tenant == nil ? "number > $1" : "number > $1 AND tenant = $3"
        let values: [PostgresValue] = [.int8(position), .int8(max(0, count))] + (tenant.map { [.text($0)] } ?? [])
        let page = "FROM questions WHERE \(condition) ORDER BY number LIMIT $2"
        return [
            PostgresStatement("SELECT \(columns) \(page)", values),
            PostgresStatement("\(stages) WHERE question_id IN (SELECT id \(page)) ORDER BY number", values),
        ]
    }

    private static let stages = "SELECT question_id, function, attempt, microseconds FROM stages"

    /// Puts together what the statements gave; without states that this program does not know.
    static func records(
        _ results: [PostgresResult]
    ) throws -> [(position: Int64, record: QuestionRecord)] {
        guard results.count == 2 else { throw PostgresError.unexpectedType(column: 0) }
        var stages: [String: [StageRun]] = [:]
        for row in results[1].rows {
            let run = StageRun(
                questionID: try row.get(0), function: try row.get(1), attempt: try row.get(2),
                milliseconds: Double(try row.get(3, as: Int64.self)) / 1000)
            stages[run.questionID, default: []].append(run)
        }
        return try results[0].rows.compactMap { row in
            let id: String = try row.get(1)
            guard let state = QuestionState(rawValue: try row.get(2)) else { return nil }
            let question: String = try row.get(3)
            let record = QuestionRecord(
                id: id, pipeline: try row.get(20), state: state, question: question,
                answer: try answer(row, id: id, question: question),
                reason: try row.get(17), opensAt: try row.get(18), explanation: try row.get(19),
                tenant: try row.get(4), acceptedAt: try row.get(5),
                finishedAt: try row.get(6), stages: stages[id] ?? [])
            return (try row.get(0), record)
        }
    }

    private static func answer(_ row: PostgresRow, id: String, question: String) throws -> AnsweredQuestion? {
        guard let answer: String = try row.get(7) else { return nil }
        let decoder = JSONDecoder()
        return AnsweredQuestion(
            id: id, question: question, answer: answer,
            citations: try decoder.decode([Citation].self, from: Data(try row.get(8, as: String.self).utf8)),
            passages: try decoder.decode([Passage].self, from: Data(try row.get(9, as: String.self).utf8)),
            isDegraded: try row.get(10),
            usage: TokenUsage(
                inputTokens: try row.get(11), outputTokens: try row.get(12), cacheReadTokens: try row.get(13),
                cacheWriteTokens: try row.get(14)),
            costNanoUSD: try row.get(15), model: try row.get(16))
    }
}

import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// Sums up calls within the database, so that memory does not grow with the journal.
enum SpendSums {
    static func fetch(_ query: SpendQuery, _ client: PostgresClient) async throws -> [SpendSum] {
        switch query.grouping {
        case .quarter:
            try await fetch(query, by: ["quarter"], questions: "questions", client) { row throws(PostgresError) in
                .quarter(SpendQuarter.start(try row.get(0)))
            }
        case .function:
            try await fetch(query, by: ["function"], questions: "function_questions", client) {
                row throws(PostgresError) in
                .function(try row.get(0))
            }
        case .model:
            try await fetch(query, by: ["provider", "region", "model"], questions: "model_questions", client) {
                row throws(PostgresError) in
                .model(ModelID(provider: try row.get(0), region: try row.get(1), model: try row.get(2)))
            }
        case .tenant:
            try await fetch(query, by: ["tenant"], questions: "questions", client) { row throws(PostgresError) in
                let tenant: String = try row.get(0)
                return .tenant(tenant.isEmpty ? nil : tenant)
            }
        case .question(let count): try await dearestQuestions(query, atMost: count, client)
        }
    }

    private static func fetch(
        _ query: SpendQuery, by columns: [String], questions: String, _ client: PostgresClient,
        _ key: (PostgresRow) throws(PostgresError) -> SpendKey
    ) async throws -> [SpendSum] {
        var conditions = "quarter >= $1 AND quarter < $2"
        var values: [PostgresValue] = [.int8(query.quarters.lowerBound), .int8(query.quarters.upperBound)]
        for (column, list) in lists(query.scope) {
            values.append(.texts(list))
            conditions += " AND \(column) = ANY($\(values.count)::text[])"
        }
        let names = columns.joined(separator: ", ")
        let result = try await client.run(
            PostgresStatement(
                """
                SELECT \(names), sum(calls)::int8, sum(input_tokens)::int8, sum(output_tokens)::int8,
                    sum(spent_nano_usd)::int8, sum(held_nano_usd)::int8, sum(replays)::int8, sum(\(questions))::int8
                FROM spend_quarters WHERE \(conditions) GROUP BY \(names) ORDER BY \(names)
                """, values))
        return try result.rows.map { row in
            SpendSum(
                key: try key(row),
                amounts: try amounts(
                    row, from: columns.count, replays: try row.get(columns.count + 5),
                    questions: try row.get(columns.count + 6)))
        }
    }

    private static func lists(_ scope: BudgetScope) -> [(column: String, values: [String])] {
        [
            ("provider", scope.providers), ("model", scope.models), ("function", scope.functions),
            // A call without a tenant fits no list.
            ("tenant", scope.tenants?.subtracting([""])),
        ].compactMap { column, values in values.map { (column, $0.sorted()) } }
    }

    /// Questions are as many as calls: they are summed up from the journal, from the first entry of the span on.
    private static func dearestQuestions(
        _ query: SpendQuery, atMost count: Int, _ client: PostgresClient
    ) async throws -> [SpendSum] {
        let result = try await client.run(
            PostgresStatement(
                """
                SELECT reserve.question_id,
                    count(*) FILTER (WHERE entry.kind = 'reserve') - count(*) FILTER (WHERE entry.kind = 'release'),
                    coalesce(sum(entry.input_tokens + entry.cache_read_tokens + entry.cache_write_tokens)
                        FILTER (WHERE entry.kind = 'settle'), 0)::int8,
                    coalesce(sum(entry.output_tokens) FILTER (WHERE entry.kind = 'settle'), 0)::int8,
                    sum(entry.spent_nano_usd)::int8 AS spent, sum(entry.held_nano_usd)::int8,
                    max((entry.kind = 'settle')::int4)
                FROM journal AS reserve JOIN journal AS entry ON entry.hold_id = reserve.id
                WHERE reserve.kind = 'reserve' AND reserve.at_ms >= $1 AND reserve.at_ms < $2
                    -- A call may have ended after a person had set the clock right, and so before it was reserved.
                    AND entry.at_ms >= (SELECT least($1, min(at_ms)) FROM decisions WHERE kind = 'clock')
                GROUP BY reserve.question_id ORDER BY spent DESC, reserve.question_id COLLATE "C" LIMIT $3
                """,
                [
                    .int8(query.quarters.lowerBound * 900_000), .int8(query.quarters.upperBound * 900_000),
                    .int8(max(0, count)),
                ]))
        return try result.rows.map { row in
            SpendSum(
                key: .question(try row.get(0)),
                amounts: try amounts(row, from: 1, replays: nil, questions: try row.get(6)))
        }
    }

    /// Reads calls, tokens in and out, spent and held.
    private static func amounts(
        _ row: PostgresRow, from column: Int, replays: Int?, questions: Int
    ) throws(PostgresError) -> SpendAmounts {
        SpendAmounts(
            calls: try row.get(column), inputTokens: try row.get(column + 1), outputTokens: try row.get(column + 2),
            spent: Money(nanoUSD: try row.get(column + 3)), held: Money(nanoUSD: try row.get(column + 4)),
            replays: replays, questions: questions)
    }
}

import FoundationEssentials
import FunctionKit
import History
import Postgres

/// One change of one question; done twice it is done once.
struct HistoryWrite: Sendable {
    /// The question's, by which writes of several hosts come in one order and never wait for each other.
    let questionID: String
    let statement: PostgresStatement
    /// Whether an asker may be waiting for it.
    let isAwaited: Bool

    /// Notes an accepted question; `now` takes the place of the server's clock.
    static func accept(
        id: String, question: String, tenant: String?, pipeline: String?, expiresAt: Date?, now: Date?
    ) -> HistoryWrite {
        HistoryWrite(
            questionID: id,
            statement: PostgresStatement(
                """
                INSERT INTO questions (id, state, question, tenant, accepted_at, expires_at, pipeline)
                VALUES ($1, 'accepted', $2, $3, coalesce($4::timestamptz, now()), $5, $6)
                ON CONFLICT (id) DO UPDATE SET tenant = coalesce(questions.tenant, excluded.tenant),
                    pipeline = coalesce(questions.pipeline, excluded.pipeline),
                    question = CASE questions.question WHEN '' THEN excluded.question ELSE questions.question END
                """,
                [
                    .text(id), .text(question), .text(tenant), .timestamptz(now), .timestamptz(expiresAt),
                    .text(pipeline),
                ]),
            isAwaited: false)
    }

    /// Gives the final state, once; an answer also to a question that failed before.
    static func finish(
        id: String, state: QuestionState, answer: AnsweredQuestion? = nil, reason: String? = nil, opensAt: Date? = nil,
        explanation: String? = nil, now: Date?
    ) throws -> HistoryWrite {
        HistoryWrite(
            questionID: id,
            statement: PostgresStatement(
                finish,
                [
                    .text(id), .text(state.rawValue), .text(answer?.question ?? ""), .timestamptz(now),
                    .uuid(UUID()), .text(answer?.answer), .text(try answer.map { try json($0.citations) }),
                    .text(try answer.map { try json($0.passages) }), .bool(answer?.isDegraded),
                    .int8(answer?.usage.inputTokens), .int8(answer?.usage.outputTokens),
                    .int8(answer?.usage.cacheReadTokens), .int8(answer?.usage.cacheWriteTokens),
                    .int8(answer?.costNanoUSD), .text(answer?.model), .text(reason), .timestamptz(opensAt),
                    .text(explanation),
                ]),
            isAwaited: true)
    }

    private static let finish = """
        INSERT INTO questions (id, state, question, accepted_at, finished_at, finished_by, answer, citations, passages,
            is_degraded, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd, model,
            reason, opens_at, explanation)
        VALUES ($1, $2, $3, coalesce($4::timestamptz, now()), coalesce($4::timestamptz, now()), $5, $6,
            $7::text::jsonb, $8::text::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state,
            question = CASE excluded.question WHEN '' THEN questions.question ELSE excluded.question END,
            finished_at = excluded.finished_at, finished_by = excluded.finished_by, answer = excluded.answer,
            citations = excluded.citations, passages = excluded.passages, is_degraded = excluded.is_degraded,
            input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
            cache_read_tokens = excluded.cache_read_tokens, cache_write_tokens = excluded.cache_write_tokens,
            cost_nano_usd = excluded.cost_nano_usd, model = excluded.model, reason = excluded.reason,
            opens_at = excluded.opens_at, explanation = excluded.explanation
        WHERE questions.state = 'accepted' OR questions.finished_by = excluded.finished_by
            OR questions.state = 'failed' AND excluded.state = 'answered'
        """

    /// Notes that a question waits until a budget has room.
    static func waiting(id: String, until opensAt: Date, explanation: String, now: Date?) -> HistoryWrite {
        HistoryWrite(
            questionID: id,
            statement: PostgresStatement(
                """
                INSERT INTO questions (id, state, question, accepted_at, reason, opens_at, explanation)
                VALUES ($1, 'accepted', '', coalesce($2::timestamptz, now()), $3, $4, $5)
                ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, opens_at = excluded.opens_at,
                    explanation = excluded.explanation
                WHERE questions.state = 'accepted'
                """,
                [
                    .text(id), .timestamptz(now), .text(QuestionRecord.noRoom), .timestamptz(opensAt),
                    .text(explanation),
                ]),
            isAwaited: false)
    }

    /// Lets a question that failed wait again.
    static func reopen(id: String) -> HistoryWrite {
        HistoryWrite(
            questionID: id,
            statement: PostgresStatement(
                """
                UPDATE questions SET state = 'accepted', reason = NULL, explanation = NULL, finished_at = NULL,
                    finished_by = NULL
                WHERE id = $1 AND state = 'failed'
                """, [.text(id)]),
            isAwaited: false)
    }

    /// Notes a function's first success.
    static func stage(_ run: StageRun) -> HistoryWrite {
        HistoryWrite(
            questionID: run.questionID.storable,
            statement: PostgresStatement(
                """
                INSERT INTO stages (question_id, function, attempt, microseconds) VALUES ($1, $2, $3, $4)
                ON CONFLICT (question_id, function) DO NOTHING
                """,
                [
                    .text(run.questionID.storable), .text(run.function.storable), .int8(run.attempt),
                    .int8(Int64((run.milliseconds * 1000).rounded())),
                ]),
            isAwaited: true)
    }

    /// Notes that a message begins to run alone.
    static func start(of run: LoneRun) -> HistoryWrite {
        HistoryWrite(
            questionID: run.questionID.storable,
            statement: PostgresStatement(
                """
                INSERT INTO lone_runs (question_id, function, attempt, id) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
                """, values(of: run)),
            isAwaited: false)
    }

    /// Notes that it ended.
    static func end(of run: LoneRun) -> HistoryWrite {
        HistoryWrite(
            questionID: run.questionID.storable,
            statement: PostgresStatement(
                "DELETE FROM lone_runs WHERE question_id = $1 AND function = $2 AND attempt = $3 AND id = $4",
                values(of: run)),
            isAwaited: false)
    }

    private static func values(of run: LoneRun) -> [PostgresValue] {
        [.text(run.questionID.storable), .text(run.function), .int8(run.attempt), .uuid(run.id)]
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

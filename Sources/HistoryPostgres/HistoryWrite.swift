import FoundationEssentials
import History
import Postgres

/// One change of one run; done twice it is done once.
struct HistoryWrite: Sendable {
    /// The run's, by which writes of several hosts come in one order and never wait for each other.
    let runID: String
    let statement: PostgresStatement
    /// Whether somebody may be waiting for it.
    let isAwaited: Bool

    /// Notes an accepted message; `now` takes the place of the server's clock.
    static func accept(
        id: String, input: String, tenant: String?, pipeline: String?, expiresAt: Date?, now: Date?
    ) -> HistoryWrite {
        HistoryWrite(
            runID: id,
            statement: PostgresStatement(
                """
                INSERT INTO runs (id, state, input, tenant, accepted_at, expires_at, pipeline)
                VALUES ($1, CASE WHEN EXISTS (SELECT FROM stages WHERE run_id = $1) THEN 'running' ELSE 'queued' END, $2,
                    $3, coalesce($4::timestamptz, now()), $5, $6)
                ON CONFLICT (id) DO UPDATE SET tenant = coalesce(runs.tenant, excluded.tenant),
                    pipeline = coalesce(runs.pipeline, excluded.pipeline), input = coalesce(runs.input, excluded.input)
                """,
                [
                    .text(id), .text(input), .text(tenant), .timestamptz(now), .timestamptz(expiresAt), .text(pipeline),
                ]),
            isAwaited: false)
    }

    /// Gives the final state, once; an output also to a run that failed before.
    static func finish(id: String, _ end: RunEnd, now: Date?) -> HistoryWrite {
        HistoryWrite(
            runID: id,
            statement: PostgresStatement(
                finish,
                [
                    .text(id), .text(end.state.rawValue), .text(end.pipeline?.storable), .timestamptz(now),
                    .uuid(UUID()),
                    .text(end.output.map { String(decoding: $0, as: UTF8.self).storable }), .bool(end.isDegraded),
                    .int8(end.costNanoUSD), .text(end.reason?.storable), .timestamptz(end.opensAt),
                    .text(end.explanation?.storable),
                ]),
            isAwaited: true)
    }

    private static let finish = """
        INSERT INTO runs (id, state, pipeline, accepted_at, finished_at, finished_by, output, is_degraded, cost_nano_usd,
            reason, opens_at, explanation)
        VALUES ($1, $2, $3, coalesce($4::timestamptz, now()), coalesce($4::timestamptz, now()), $5, $6, $7, $8, $9, $10,
            $11)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, pipeline = coalesce(runs.pipeline, excluded.pipeline),
            finished_at = excluded.finished_at, finished_by = excluded.finished_by, output = excluded.output,
            is_degraded = excluded.is_degraded, cost_nano_usd = excluded.cost_nano_usd, reason = excluded.reason,
            opens_at = excluded.opens_at, explanation = excluded.explanation
        WHERE runs.finished_at IS NULL OR runs.finished_by = excluded.finished_by
            OR runs.state = 'failed' AND excluded.state = 'done'
        """

    /// Notes that a run waits until a budget has room.
    static func waiting(id: String, until opensAt: Date, explanation: String, now: Date?) -> HistoryWrite {
        HistoryWrite(
            runID: id,
            statement: PostgresStatement(
                """
                INSERT INTO runs (id, state, accepted_at, reason, opens_at, explanation)
                VALUES ($1, 'parked', coalesce($2::timestamptz, now()), $3, $4, $5)
                ON CONFLICT (id) DO UPDATE SET state = 'parked', reason = excluded.reason, opens_at = excluded.opens_at,
                    explanation = excluded.explanation
                WHERE runs.finished_at IS NULL
                """,
                [
                    .text(id), .timestamptz(now), .text(RunRecord.noRoom), .timestamptz(opensAt),
                    .text(explanation),
                ]),
            isAwaited: false)
    }

    /// Lets a run that failed or was parked wait again.
    static func reopen(id: String) -> HistoryWrite {
        HistoryWrite(
            runID: id,
            statement: PostgresStatement(
                """
                UPDATE runs SET state = 'queued', reason = NULL, opens_at = NULL, explanation = NULL,
                    finished_at = NULL, finished_by = NULL
                WHERE id = $1 AND state IN ('failed', 'parked')
                """, [.text(id)]),
            isAwaited: false)
    }

    /// Notes a function's first success.
    static func stage(_ run: StageRun, atDoor: Bool) -> HistoryWrite {
        let insert = """
            INSERT INTO stages (run_id, function, attempt, microseconds) VALUES ($1, $2, $3, $4)
            ON CONFLICT (run_id, function) DO NOTHING
            """
        let begin = "WITH begun AS (UPDATE runs SET state = 'running' WHERE id = $1 AND state = 'queued')"
        return HistoryWrite(
            runID: run.runID.storable,
            statement: PostgresStatement(
                atDoor ? insert : begin + "\n" + insert,
                [
                    .text(run.runID.storable), .text(run.function.storable), .int8(run.attempt),
                    .int8(Int64((run.milliseconds * 1000).rounded())),
                ]),
            isAwaited: true)
    }

    /// Notes that a message begins to run alone.
    static func start(of run: LoneRun) -> HistoryWrite {
        HistoryWrite(
            runID: run.runID.storable,
            statement: PostgresStatement(
                """
                INSERT INTO lone_runs (run_id, function, attempt, id) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
                """, values(of: run)),
            isAwaited: false)
    }

    /// Notes that it ended.
    static func end(of run: LoneRun) -> HistoryWrite {
        HistoryWrite(
            runID: run.runID.storable,
            statement: PostgresStatement(
                "DELETE FROM lone_runs WHERE run_id = $1 AND function = $2 AND attempt = $3 AND id = $4",
                values(of: run)),
            isAwaited: false)
    }

    private static func values(of run: LoneRun) -> [PostgresValue] {
        [.text(run.runID.storable), .text(run.function), .int8(run.attempt), .uuid(run.id)]
    }
}

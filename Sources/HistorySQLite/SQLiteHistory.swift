package import FoundationEssentials
import GRDB
package import History
package import SQLite

/// Runs in the shared SQLite file.
package struct SQLiteHistory: RunHistory {
    /// The newest instant of all that is kept.
    private static let newest = "SELECT max(max(accepted_at_ms, ifnull(finished_at_ms, 0))) FROM runs"

    /// What the history's time is kept in.
    static let timeTable = "history_time"

    /// By it runs are old, so that it is never one of a clock that is behind.
    private static let finishedAt = SettledTime.notBefore("?10", in: timeTable)

    let store: SQLiteStore
    private let now: @Sendable () -> Date

    /// A history in a store that was opened with ``schema``.
    package init(store: SQLiteStore, now: @escaping @Sendable () -> Date = { .now }) {
        self.store = store
        self.now = now
    }

    package func accept(
        id: String, input: Data, tenant: String?, pipeline: String?, expiresAt: Date?
    ) async throws {
        let acceptedAt = now().milliseconds
        let input = String(decoding: input, as: UTF8.self)
        try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO runs (id, state, input, tenant, pipeline, accepted_at_ms, expires_at_ms)
                    VALUES (?1, iif(EXISTS (SELECT 1 FROM stages WHERE run_id = ?1), 'running', 'queued'), ?2, ?3, ?4, ?5, ?6)
                    ON CONFLICT (id) DO UPDATE SET
                        input = ifnull(input, excluded.input), tenant = ifnull(tenant, excluded.tenant),
                        pipeline = ifnull(pipeline, excluded.pipeline)
                    """,
                arguments: [id, input, tenant, pipeline, acceptedAt, expiresAt?.milliseconds])
        }
    }

    package func finish(id: String, _ end: RunEnd) async throws -> Bool {
        let finishedAt = now().milliseconds
        let output = end.output.map { String(decoding: $0, as: UTF8.self) }
        return try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO runs
                        (id, state, pipeline, output, is_degraded, cost_nano_usd, reason, opens_at_ms, explanation,
                        accepted_at_ms, finished_at_ms)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, \(Self.finishedAt))
                    ON CONFLICT (id) DO UPDATE SET
                        state = ?2, pipeline = ifnull(pipeline, ?3), output = ?4, is_degraded = ?5, cost_nano_usd = ?6,
                        reason = ?7, opens_at_ms = ?8, explanation = ?9, finished_at_ms = excluded.finished_at_ms
                    WHERE finished_at_ms IS NULL OR state = 'failed' AND ?2 = 'done'
                    """,
                arguments: [
                    id, end.state.rawValue, end.pipeline, output, end.isDegraded, end.costNanoUSD, end.reason,
                    end.opensAt?.milliseconds, end.explanation, finishedAt,
                ])
            return db.changesCount == 1
        }
    }

    package func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws {
        let heardAt = now().milliseconds
        try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO runs (id, state, reason, opens_at_ms, explanation, accepted_at_ms)
                    VALUES (?, 'parked', ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET state = 'parked', reason = excluded.reason,
                        opens_at_ms = excluded.opens_at_ms, explanation = excluded.explanation
                    WHERE finished_at_ms IS NULL
                    """,
                arguments: [id, RunRecord.noRoom, opensAt.milliseconds, explanation, heardAt])
        }
    }

    package func reopen(id: String) async throws {
        try await store.commit { db in
            try db.execute(
                sql: """
                    UPDATE runs SET state = 'queued', reason = NULL, opens_at_ms = NULL, explanation = NULL,
                        finished_at_ms = NULL
                    WHERE id = ? AND state IN ('failed', 'parked')
                    """,
                arguments: [id])
        }
    }

    package func recordStages(_ stages: [StageRun], atDoor: Bool) async throws {
        try await store.commit { db in
            let stage = try db.cachedStatement(
                sql: """
                    INSERT INTO stages (run_id, function, attempt, milliseconds) VALUES (?, ?, ?, ?)
                    ON CONFLICT (run_id, function) DO NOTHING
                    """)
            let begin = try db.cachedStatement(
                sql: "UPDATE runs SET state = 'running' WHERE id = ? AND state = 'queued'")
            for run in stages {
                try stage.execute(arguments: [run.runID, run.function, run.attempt, run.milliseconds])
                if !atDoor { try begin.execute(arguments: [run.runID]) }
            }
        }
    }

    package func noteStart(of run: LoneRun) async throws {
        try await store.commit { db in
            try db.execute(
                sql: "INSERT INTO lone_runs (run_id, function, attempt, id) VALUES (?, ?, ?, ?)",
                arguments: [run.runID, run.function, run.attempt, run.id.uuidString])
        }
    }

    package func noteEnd(of run: LoneRun) async throws {
        try await store.commit { db in
            try db.execute(
                sql: "DELETE FROM lone_runs WHERE run_id = ? AND function = ? AND attempt = ? AND id = ?",
                arguments: [run.runID, run.function, run.attempt, run.id.uuidString])
        }
    }

    package func runsWithoutEnd(like run: LoneRun) async throws -> Int {
        try await store.read { db in
            try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM lone_runs WHERE run_id = ? AND function = ? AND attempt = ?",
                arguments: [run.runID, run.function, run.attempt]) ?? 0
        }
    }

    package func run(id: String) async throws -> RunRecord? {
        try await store.read { try Self.run(id: id, db: $0) }
    }

    package func outcome(
        of id: String, where isComplete: @Sendable (RunRecord) -> Bool
    ) async throws -> RunRecord {
        for try await _ in store.changes() {
            if let record = try await run(id: id), record.state.isFinal, isComplete(record) {
                return record
            }
        }
        throw CancellationError()
    }

    package func instant() async throws -> Date {
        let clockMS = now().milliseconds
        let settled = try await store.commit {
            try SettledTime.look(Self.timeTable, newest: Self.newest, clockMS: clockMS, $0)
        }
        return Date(milliseconds: settled)
    }

    package func overdue() async throws -> [String] {
        let instant = try await instant()
        return try await store.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM runs
                    WHERE finished_at_ms IS NULL AND expires_at_ms IS NOT NULL AND expires_at_ms <= ?
                    """,
                arguments: [instant.milliseconds])
        }
    }

    package func counts() async throws -> [RunState: Int] {
        try await store.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT state, count(*) AS count FROM runs GROUP BY state")
            return Dictionary(
                uniqueKeysWithValues: rows.compactMap { row in
                    RunState(rawValue: row["state"]).map { ($0, row["count"]) }
                })
        }
    }

    package func degradedRuns(
        in span: Range<Date>
    ) async throws -> [(quarter: Date, tenant: String?, count: Int)] {
        try await store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT accepted_at_ms / 900000 AS quarter, tenant, count(*) FROM runs
                    WHERE is_degraded AND accepted_at_ms >= ? AND accepted_at_ms < ? GROUP BY quarter, tenant
                    """, arguments: [span.lowerBound.milliseconds, span.upperBound.milliseconds]
            ).map { row in
                (Date(timeIntervalSince1970: Double(row[0] as Int64) * 900), row[1], row[2])
            }
        }
    }

    package func withoutRoom(since start: Date) async throws -> (refused: Int, waiting: Int) {
        try await store.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) FILTER (WHERE state = 'refused' AND accepted_at_ms >= ?1),
                        count(*) FILTER (WHERE finished_at_ms IS NULL),
                        (SELECT count(*) FROM runs WHERE finished_at_ms >= ?1 AND accepted_at_ms >= ?1
                            AND state = 'refused' AND reason = 'model-bound-breached')
                    FROM runs WHERE reason = 'budget-exhausted'
                    """, arguments: [start.milliseconds])
            return (refused: (row?[0] ?? 0) + (row?[2] ?? 0), waiting: row?[1] ?? 0)
        }
    }

    private static func run(id: String, db: Database) throws -> RunRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]).flatMap {
            try record($0, db: db)
        }
    }

    /// The run of a row; nil for a state that this program does not know.
    static func record(_ row: Row, db: Database) throws -> RunRecord? {
        guard let state = RunState(rawValue: row["state"]) else { return nil }
        let id: String = row["id"]
        let stages = try Row.fetchAll(
            db, sql: "SELECT function, attempt, milliseconds FROM stages WHERE run_id = ? ORDER BY rowid",
            arguments: [id])
        let (input, output): (String?, String?) = (row["input"], row["output"])
        return RunRecord(
            id: id, pipeline: row["pipeline"], tenant: row["tenant"], state: state, input: input.map { Data($0.utf8) },
            output: output.map { Data($0.utf8) }, costNanoUSD: row["cost_nano_usd"], reason: row["reason"],
            opensAt: instant(row["opens_at_ms"]), explanation: row["explanation"],
            acceptedAt: Date(milliseconds: row["accepted_at_ms"]), finishedAt: instant(row["finished_at_ms"]),
            stages: stages.map {
                StageRun(
                    runID: id, function: $0["function"], attempt: $0["attempt"], milliseconds: $0["milliseconds"])
            })
    }

    private static func instant(_ milliseconds: Int64?) -> Date? { milliseconds.map(Date.init(milliseconds:)) }
}

extension Date {
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

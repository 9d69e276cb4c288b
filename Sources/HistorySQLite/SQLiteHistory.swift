package import FoundationEssentials
package import FunctionKit
import GRDB
package import History
package import SQLite

/// Questions and answers in the shared SQLite file.
package struct SQLiteHistory: QuestionHistory {
    /// The tables.
    package static let schema = Schema(
        name: "history",
        migrations: [
            { db in
                try db.execute(
                    sql: """
                        CREATE TABLE questions (
                            id TEXT PRIMARY KEY NOT NULL,
                            state TEXT NOT NULL,
                            question TEXT NOT NULL,
                            answer BLOB,
                            reason TEXT,
                            opens_at_ms INTEGER,
                            tenant TEXT,
                            accepted_at_ms INTEGER NOT NULL,
                            finished_at_ms INTEGER,
                            expires_at_ms INTEGER
                        ) STRICT;
                        CREATE INDEX questions_waiting ON questions (expires_at_ms)
                            WHERE state = 'accepted' AND expires_at_ms IS NOT NULL;
                        CREATE TABLE stages (
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            attempt INTEGER NOT NULL,
                            milliseconds REAL NOT NULL,
                            UNIQUE (question_id, function)
                        ) STRICT;
                        """)
            },
            { db in
                try db.execute(
                    sql: """
                        CREATE INDEX degraded_questions ON questions (accepted_at_ms, tenant)
                            WHERE \(isDegraded);
                        """)
            },
            { db in
                try db.execute(
                    sql: """
                        CREATE TABLE lone_runs (
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            attempt INTEGER NOT NULL,
                            id TEXT NOT NULL,
                            PRIMARY KEY (question_id, function, attempt, id)
                        ) STRICT, WITHOUT ROWID;
                        """)
            },
            { db in
                try db.execute(
                    sql: """
                        CREATE INDEX questions_by_end ON questions (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
                        CREATE INDEX questions_by_tenant ON questions (tenant) WHERE tenant IS NOT NULL;
                        """)
            },
            { db in
                try db.execute(
                    sql: """
                        ALTER TABLE questions ADD COLUMN explanation TEXT;
                        CREATE INDEX questions_without_room ON questions (accepted_at_ms)
                            WHERE reason = 'budget-exhausted';
                        """)
            },
            { db in
                try SettledTime.makeTable(timeTable, newest: newest, db)
            },
            { db in
                try db.execute(sql: "ALTER TABLE questions ADD COLUMN pipeline TEXT")
            },
        ])

    /// The condition of an answer without the model; an index goes by its very words.
    private static let isDegraded = "answer IS NOT NULL AND json_extract(CAST(answer AS TEXT), '$.degraded')"

    /// The newest instant of all that is kept.
    private static let newest = "SELECT max(max(accepted_at_ms, ifnull(finished_at_ms, 0))) FROM questions"

    /// What the history's time is kept in.
    static let timeTable = "history_time"

    /// By it questions are old, so that it is never one of a clock that is behind.
    private static let finishedAt = SettledTime.notBefore("?7", in: timeTable)

    let store: SQLiteStore
    private let now: @Sendable () -> Date

    /// A history in a store that was opened with ``schema``.
    package init(store: SQLiteStore, now: @escaping @Sendable () -> Date = { .now }) {
        self.store = store
        self.now = now
    }

    package func store(_ answer: AnsweredQuestion) async throws -> Bool {
        let body = try JSONEncoder().encode(answer)
        return try await finish(id: answer.id, state: .answered, question: answer.question, answer: body)
    }

    package func accept(
        id: String, question: String, tenant: String?, pipeline: String?, expiresAt: Date?
    ) async throws {
        let acceptedAt = now().milliseconds
        try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO questions (id, state, question, tenant, pipeline, accepted_at_ms, expires_at_ms)
                    VALUES (?, 'accepted', ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET
                        question = iif(question = '', excluded.question, question),
                        tenant = ifnull(tenant, excluded.tenant), pipeline = ifnull(pipeline, excluded.pipeline)
                    """,
                arguments: [id, question, tenant, pipeline, acceptedAt, expiresAt?.milliseconds])
        }
    }

    package func finish(
        id: String, state: QuestionState, reason: String, opensAt: Date?, explanation: String?
    ) async throws -> Bool {
        try await finish(
            id: id, state: state, question: "", reason: reason, opensAt: opensAt, explanation: explanation)
    }

    private func finish(
        id: String, state: QuestionState, question: String, answer: Data? = nil, reason: String? = nil,
        opensAt: Date? = nil, explanation: String? = nil
    ) async throws -> Bool {
        let finishedAt = now().milliseconds
        return try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO questions
                        (id, state, question, answer, reason, opens_at_ms, accepted_at_ms, finished_at_ms, explanation)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, \(Self.finishedAt), ?8)
                    ON CONFLICT (id) DO UPDATE SET
                        state = ?2, question = iif(?3 = '', question, ?3), answer = ?4, reason = ?5,
                        opens_at_ms = ?6, finished_at_ms = excluded.finished_at_ms, explanation = ?8
                    WHERE state = 'accepted' OR state = 'failed' AND ?2 = 'answered'
                    """,
                arguments: [
                    id, state.rawValue, question, answer, reason, opensAt?.milliseconds, finishedAt, explanation,
                ])
            return db.changesCount == 1
        }
    }

    package func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws {
        let heardAt = now().milliseconds
        try await store.commit { db in
            try db.execute(
                sql: """
                    INSERT INTO questions (id, state, question, reason, opens_at_ms, explanation, accepted_at_ms)
                    VALUES (?, 'accepted', '', ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, opens_at_ms = excluded.opens_at_ms,
                        explanation = excluded.explanation
                    WHERE state = 'accepted'
                    """,
                arguments: [id, QuestionRecord.noRoom, opensAt.milliseconds, explanation, heardAt])
        }
    }

    package func reopen(id: String) async throws {
        try await store.commit { db in
            try db.execute(
                sql: """
                    UPDATE questions SET state = 'accepted', reason = NULL, explanation = NULL, finished_at_ms = NULL
                    WHERE id = ? AND state = 'failed'
                    """,
                arguments: [id])
        }
    }

    package func recordStages(_ runs: [StageRun]) async throws {
        try await store.commit { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO stages (question_id, function, attempt, milliseconds) VALUES (?, ?, ?, ?)
                    ON CONFLICT (question_id, function) DO NOTHING
                    """)
            for run in runs {
                try statement.execute(arguments: [run.questionID, run.function, run.attempt, run.milliseconds])
            }
        }
    }

    package func noteStart(of run: LoneRun) async throws {
        try await store.commit { db in
            try db.execute(
                sql: "INSERT INTO lone_runs (question_id, function, attempt, id) VALUES (?, ?, ?, ?)",
                arguments: [run.questionID, run.function, run.attempt, run.id.uuidString])
        }
    }

    package func noteEnd(of run: LoneRun) async throws {
        try await store.commit { db in
            try db.execute(
                sql: "DELETE FROM lone_runs WHERE question_id = ? AND function = ? AND attempt = ? AND id = ?",
                arguments: [run.questionID, run.function, run.attempt, run.id.uuidString])
        }
    }

    package func runsWithoutEnd(like run: LoneRun) async throws -> Int {
        try await store.read { db in
            try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM lone_runs WHERE question_id = ? AND function = ? AND attempt = ?",
                arguments: [run.questionID, run.function, run.attempt]) ?? 0
        }
    }

    package func question(id: String) async throws -> QuestionRecord? {
        try await store.read { try Self.question(id: id, db: $0) }
    }

    package func outcome(
        of id: String, where isComplete: @Sendable (QuestionRecord) -> Bool
    ) async throws -> QuestionRecord {
        for try await _ in store.changes() {
            if let record = try await question(id: id), record.state != .accepted, isComplete(record) {
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
                    SELECT id FROM questions
                    WHERE state = 'accepted' AND expires_at_ms IS NOT NULL AND expires_at_ms <= ?
                    """,
                arguments: [instant.milliseconds])
        }
    }

    package func counts() async throws -> [QuestionState: Int] {
        try await store.read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT state, count(*) AS count FROM questions GROUP BY state")
            return Dictionary(
                uniqueKeysWithValues: rows.compactMap { row in
                    QuestionState(rawValue: row["state"]).map { ($0, row["count"]) }
                })
        }
    }

    package func degradedAnswers(
        in span: Range<Date>
    ) async throws -> [(quarter: Date, tenant: String?, count: Int)] {
        try await store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT accepted_at_ms / 900000 AS quarter, tenant, count(*) FROM questions
                    WHERE \(Self.isDegraded) AND accepted_at_ms >= ? AND accepted_at_ms < ? GROUP BY quarter, tenant
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
                        count(*) FILTER (WHERE state = 'accepted'),
                        (SELECT count(*) FROM questions WHERE finished_at_ms >= ?1 AND accepted_at_ms >= ?1
                            AND state = 'refused' AND reason = 'model-bound-breached')
                    FROM questions WHERE reason = 'budget-exhausted'
                    """, arguments: [start.milliseconds])
            return (refused: (row?[0] ?? 0) + (row?[2] ?? 0), waiting: row?[1] ?? 0)
        }
    }

    private static func question(id: String, db: Database) throws -> QuestionRecord? {
        try Row.fetchOne(db, sql: "SELECT * FROM questions WHERE id = ?", arguments: [id]).flatMap {
            try record($0, db: db)
        }
    }

    /// The question of a row; nil for a state that this program does not know.
    static func record(_ row: Row, db: Database) throws -> QuestionRecord? {
        guard let state = QuestionState(rawValue: row["state"]) else { return nil }
        let id: String = row["id"]
        let stages = try Row.fetchAll(
            db, sql: "SELECT function, attempt, milliseconds FROM stages WHERE question_id = ? ORDER BY rowid",
            arguments: [id])
        let answer: Data? = row["answer"]
        return QuestionRecord(
            id: id, pipeline: row["pipeline"], state: state, question: row["question"],
            answer: try answer.map { try JSONDecoder().decode(AnsweredQuestion.self, from: $0) },
            reason: row["reason"], opensAt: instant(row["opens_at_ms"]), explanation: row["explanation"],
            tenant: row["tenant"],
            acceptedAt: Date(milliseconds: row["accepted_at_ms"]), finishedAt: instant(row["finished_at_ms"]),
            stages: stages.map {
                StageRun(
                    questionID: id, function: $0["function"], attempt: $0["attempt"],
                    milliseconds: $0["milliseconds"])
            })
    }

    private static func instant(_ milliseconds: Int64?) -> Date? { milliseconds.map(Date.init(milliseconds:)) }
}

extension Date {
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

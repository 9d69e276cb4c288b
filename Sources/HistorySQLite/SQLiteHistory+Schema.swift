import GRDB
package import SQLite

extension SQLiteHistory {
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
                            WHERE \(isDegradedAnswer);
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
                try SettledTime.makeTable(timeTable, newest: newestQuestion, db)
            },
            { db in
                try db.execute(sql: runs)
            },
        ])

    /// The condition of an answer without the model, as long as questions had a table.
    private static let isDegradedAnswer =
        "answer IS NOT NULL AND json_extract(CAST(answer AS TEXT), '$.degraded')"

    /// The newest instant of all questions.
    private static let newestQuestion =
        "SELECT max(max(accepted_at_ms, ifnull(finished_at_ms, 0))) FROM questions"

    /// Runs of any pipeline in the place of questions, each in its row: what was known of an answer is the output.
    ///
    /// The answer of a question without a text is the output of a pipeline that had no questions.
    private static let runs = """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY NOT NULL,
            pipeline TEXT,
            tenant TEXT,
            state TEXT NOT NULL,
            input TEXT,
            output TEXT,
            is_degraded INTEGER NOT NULL DEFAULT 0,
            cost_nano_usd INTEGER NOT NULL DEFAULT 0,
            reason TEXT,
            opens_at_ms INTEGER,
            explanation TEXT,
            accepted_at_ms INTEGER NOT NULL,
            finished_at_ms INTEGER,
            expires_at_ms INTEGER
        ) STRICT;
        INSERT INTO runs (
            rowid, id, tenant, state, input, output, is_degraded, cost_nano_usd, reason, opens_at_ms, explanation,
            accepted_at_ms, finished_at_ms, expires_at_ms)
        SELECT number, id, tenant,
            CASE state
                WHEN 'accepted' THEN iif(reason IS 'budget-exhausted', 'parked', 'queued')
                WHEN 'answered' THEN 'done'
                ELSE state
            END,
            iif(question = '', NULL, json_object('question', question)),
            CASE
                WHEN answer ->> '$.question' = '' AND json_valid(answer ->> '$.answer') THEN answer ->> '$.answer'
                ELSE answer
            END,
            ifnull(answer ->> '$.degraded', 0), ifnull(answer ->> '$.cost_nano_usd', 0), reason, opens_at_ms, explanation,
            accepted_at_ms, finished_at_ms, expires_at_ms
        FROM (
            SELECT rowid AS number, id, tenant, state, question, CAST(answer AS TEXT) AS answer, reason, opens_at_ms,
                explanation, accepted_at_ms, finished_at_ms, expires_at_ms
            FROM questions)
        ORDER BY number;
        DROP TABLE questions;
        CREATE INDEX runs_waiting ON runs (expires_at_ms) WHERE finished_at_ms IS NULL AND expires_at_ms IS NOT NULL;
        CREATE INDEX degraded_runs ON runs (accepted_at_ms, tenant) WHERE is_degraded;
        CREATE INDEX runs_by_end ON runs (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
        CREATE INDEX runs_by_tenant ON runs (tenant) WHERE tenant IS NOT NULL;
        CREATE INDEX runs_without_room ON runs (accepted_at_ms) WHERE reason = 'budget-exhausted';
        ALTER TABLE stages RENAME COLUMN question_id TO run_id;
        ALTER TABLE lone_runs RENAME COLUMN question_id TO run_id;
        """
}

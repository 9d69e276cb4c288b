extension PostgresHistory {
    /// Runs of any pipeline in the place of questions, each in its row: what was known of an answer is the output.
    static let runs =
        [
            """
            CREATE TABLE runs (
                -- In the order in which they were first heard of.
                number int8 GENERATED ALWAYS AS IDENTITY,
                id text PRIMARY KEY,
                pipeline text,
                tenant text,
                state text NOT NULL
                    CHECK (state IN ('queued', 'running', 'parked', 'done', 'refused', 'expired', 'failed')),
                -- JSON, as text: whatever a function gives is kept as it is.
                input text,
                output text,
                -- Whether a budget without room shortened the output.
                is_degraded boolean NOT NULL DEFAULT false,
                cost_nano_usd int8 NOT NULL DEFAULT 0,
                reason text,
                opens_at timestamptz,
                explanation text,
                accepted_at timestamptz NOT NULL,
                expires_at timestamptz,
                finished_at timestamptz,
                -- Names the write that gave the final state, so that it knows itself again after a broken connection.
                finished_by uuid,
                CHECK ((state IN ('queued', 'running', 'parked')) = (finished_at IS NULL)),
                CHECK ((state = 'done') = (output IS NOT NULL))
            )
            """,
            """
            CREATE FUNCTION is_json(value text) RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN PERFORM value::json; RETURN true; EXCEPTION WHEN OTHERS THEN RETURN false; END $$
            """,
            """
            INSERT INTO runs (number, id, tenant, state, input, output, is_degraded, cost_nano_usd, reason,
                opens_at, explanation, accepted_at, expires_at, finished_at, finished_by)
            OVERRIDING SYSTEM VALUE
            SELECT number, id, tenant,
                CASE state
                    WHEN 'accepted' THEN CASE reason WHEN 'budget-exhausted' THEN 'parked' ELSE 'queued' END
                    WHEN 'answered' THEN 'done'
                    ELSE state
                END,
                CASE WHEN question = '' THEN NULL
                    ELSE json_build_object('question', question)::text END,
                CASE WHEN state <> 'answered' THEN NULL
                    -- What a pipeline without answers gave was kept as one without anything beside it.
                    WHEN model IS NULL AND input_tokens = 0 AND citations = '[]' AND passages = '[]'
                        AND is_json(answer) THEN answer
                    ELSE json_strip_nulls(json_build_object('id', id, 'question', question, 'answer', answer,
                        'citations', citations, 'passages', passages, 'degraded', is_degraded,
                        'usage', json_build_object('input_tokens', input_tokens, 'output_tokens', output_tokens,
                            'cache_read_tokens', cache_read_tokens, 'cache_write_tokens', cache_write_tokens),
                        'cost_nano_usd', cost_nano_usd, 'model', model))::text END,
                coalesce(is_degraded, false), coalesce(cost_nano_usd, 0), reason, opens_at, explanation, accepted_at,
                expires_at, finished_at, finished_by
            FROM questions ORDER BY number
            """,
            """
            SELECT setval(pg_get_serial_sequence('runs', 'number'), max(number)) FROM runs HAVING count(*) > 0
            """,
            "DROP FUNCTION is_json(text)",
            chatHistory,
        ]
        + [
            "questions_without_room", "questions_in_order", "questions_waiting", "questions_by_end",
            "questions_by_tenant", "degraded_questions",
        ].map { "DROP INDEX \($0)" }
        + [
            "DROP TABLE questions",
            "CREATE UNIQUE INDEX runs_in_order ON runs (number)",
            "CREATE INDEX runs_waiting ON runs (expires_at) WHERE finished_at IS NULL AND expires_at IS NOT NULL",
            "CREATE INDEX runs_by_end ON runs (finished_at) WHERE finished_at IS NOT NULL",
            "CREATE INDEX runs_by_tenant ON runs (tenant) WHERE tenant IS NOT NULL",
            "CREATE INDEX degraded_runs ON runs (accepted_at, tenant) WHERE is_degraded",
            "CREATE INDEX runs_without_room ON runs (accepted_at) WHERE reason = 'budget-exhausted'",
            "ALTER TABLE stages RENAME COLUMN question_id TO run_id",
            "ALTER TABLE lone_runs RENAME COLUMN question_id TO run_id",
        ]

    /// The original's table of questions and answers, as a view of the runs whose output has both; who may read it, may.
    private static let chatHistory = """
        CREATE OR REPLACE VIEW chat_history (id, user_prompt, llm_output, context, "timestamp") AS
            SELECT number, json ->> 'question', json ->> 'answer',
                (SELECT string_agg(passage ->> 'text', E'\\n\\n' ORDER BY place)
                    FROM json_array_elements(CASE json_typeof(json -> 'passages') WHEN 'array' THEN json -> 'passages' END)
                        WITH ORDINALITY AS found(passage, place)),
                finished_at
            -- JSON may name what no text has: a zero character, and half a character.
            FROM (SELECT number, finished_at,
                    regexp_replace(output, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\\\ufffd', 'g')::json AS json
                FROM runs WHERE state = 'done') AS outputs
            WHERE json_typeof(json -> 'question') = 'string' AND json_typeof(json -> 'answer') = 'string'
        """
}

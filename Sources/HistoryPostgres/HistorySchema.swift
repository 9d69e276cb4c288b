package import Postgres

extension PostgresHistory {
    /// The tables, and beside them the first application's `chat_history`.
    package static let schema = PostgresSchema(name: "history", migrations: [first, explanations, runs])

    /// Why a question was refused or waits, for a person.
    private static let explanations = [
        "ALTER TABLE questions ADD COLUMN explanation text",
        "CREATE INDEX questions_without_room ON questions (accepted_at) WHERE reason = 'budget-exhausted'",
    ]

    private static let first = [
        """
        CREATE TABLE questions (
            -- In the order in which they were first heard of.
            number int8 GENERATED ALWAYS AS IDENTITY,
            id text PRIMARY KEY,
            state text NOT NULL CHECK (state IN ('accepted', 'answered', 'failed', 'expired', 'refused')),
            question text NOT NULL,
            tenant text,
            accepted_at timestamptz NOT NULL,
            expires_at timestamptz,
            finished_at timestamptz,
            -- Names the write that gave the final state, so that it knows itself again after a broken connection.
            finished_by uuid,
            -- In `answered` alone; the passages are those that were found, the citations those that the answer names.
            answer text,
            citations jsonb,
            passages jsonb,
            is_degraded boolean,
            input_tokens int8,
            output_tokens int8,
            cache_read_tokens int8,
            cache_write_tokens int8,
            cost_nano_usd int8,
            model text,
            -- In the other final states alone.
            reason text,
            opens_at timestamptz,
            CHECK ((state = 'accepted') = (finished_at IS NULL)),
            CHECK (num_nulls(answer, citations, passages, is_degraded, input_tokens, output_tokens, cache_read_tokens,
                cache_write_tokens, cost_nano_usd) = CASE WHEN state = 'answered' THEN 0 ELSE 9 END)
        )
        """,
        "CREATE UNIQUE INDEX questions_in_order ON questions (number)",
        """
        CREATE INDEX questions_waiting ON questions (expires_at) WHERE state = 'accepted' AND expires_at IS NOT NULL
        """,
        "CREATE INDEX questions_by_end ON questions (finished_at) WHERE finished_at IS NOT NULL",
        "CREATE INDEX questions_by_tenant ON questions (tenant) WHERE tenant IS NOT NULL",
        "CREATE INDEX degraded_questions ON questions (accepted_at, tenant) WHERE is_degraded",
        """
        CREATE TABLE stages (
            number int8 GENERATED ALWAYS AS IDENTITY,
            question_id text NOT NULL,
            function text NOT NULL,
            attempt int8 NOT NULL,
            microseconds int8 NOT NULL,
            PRIMARY KEY (question_id, function)
        )
        """,
        """
        CREATE TABLE lone_runs (
            question_id text NOT NULL,
            function text NOT NULL,
            attempt int8 NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (question_id, function, attempt, id)
        )
        """,
        """
        CREATE VIEW chat_history (id, user_prompt, llm_output, context, "timestamp") AS
            SELECT number, question, answer,
                (SELECT string_agg(passage ->> 'text', E'\\n\\n' ORDER BY place)
                    FROM jsonb_array_elements(passages) WITH ORDINALITY AS found(passage, place)),
                finished_at
            FROM questions WHERE state = 'answered'
        """,
    ]
}

package import Postgres

extension PostgresLedger {
    /// The ledger's tables.
    ///
    /// The journal is the truth: `spent_nano_usd` and `held_nano_usd` are what an entry changes in each budget of its
    /// hold. A hold's id is the id of its `reserve` entry, which alone says what the call was. `counters` can be rebuilt
    /// from it. Raises and decisions are part of it. Elsewhere a call goes by its key; see ``CallKey``.
    package static let schema = PostgresSchema(
        name: "spending",
        migrations: [
            first, SpendQuarters.migration, SpendQuarters.quickLookups, changedLimits, decisions, chargedCalls,
            countedRows, orphanedCalls,
        ])

    private static let first =
        [
            // Every transaction that writes locks this row before it looks at anything, so that hosts come one after the
            // other and no two ever wait for each other.
            """
            CREATE TABLE ledger_head (
                is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
                last_id int8 NOT NULL,
                -- The last entry's instant. No hold that is open has a lease that ended by then.
                at_ms int8 NOT NULL,
                -- The last raise's instant.
                raised_ms int8 NOT NULL
            )
            """,
            "INSERT INTO ledger_head (last_id, at_ms, raised_ms) VALUES (0, 0, 0)",
            // How far each host has come on each of its connections, so that it knows after a broken connection whether its commit was done.
            """
            CREATE TABLE ledger_lanes (
                lane text PRIMARY KEY,
                last_commit int8 NOT NULL,
                at_ms int8 NOT NULL
            ) WITH (fillfactor = 50)
            """,
            """
            CREATE TABLE journal (
                id int8 PRIMARY KEY,
                at_ms int8 NOT NULL,
                kind text NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'charge', 'orphan', 'breach')),
                hold_id int8 NOT NULL CHECK (hold_id <= id),
                -- In `reserve` alone:
                question_id text,
                function text,
                ordinal int8,
                digest text,
                provider text,
                region text,
                model text,
                tenant text,
                price_from_ms int8,
                input_nano_usd_per_token int8,
                output_nano_usd_per_token int8,
                cache_read_nano_usd_per_token int8,
                cache_write_nano_usd_per_token int8,
                -- In `settle` and `breach` alone:
                input_tokens int8,
                output_tokens int8,
                cache_read_tokens int8,
                cache_write_tokens int8,
                counted_by text,
                request_id text,
                response_sha256 text,
                spent_nano_usd int8 NOT NULL,
                held_nano_usd int8 NOT NULL,
                CHECK ((kind = 'reserve') = (hold_id = id)),
                CHECK (kind <> 'reserve' OR num_nulls(question_id, function, ordinal, digest, provider, region, model,
                    price_from_ms, input_nano_usd_per_token, output_nano_usd_per_token) = 0)
            )
            """,
            """
            CREATE TABLE hold_budgets (
                hold_id int8 NOT NULL,
                budget text NOT NULL,
                period_start_ms int8 NOT NULL,
                limit_nano_usd int8 NOT NULL,
                PRIMARY KEY (hold_id, budget)
            )
            """,
            """
            CREATE TABLE counters (
                budget text NOT NULL,
                period_start_ms int8 NOT NULL,
                -- Where a budget's rule is changed, its periods overlap.
                period_end_ms int8 NOT NULL,
                spent_nano_usd int8 NOT NULL CHECK (spent_nano_usd >= 0),
                held_nano_usd int8 NOT NULL CHECK (held_nano_usd >= 0),
                PRIMARY KEY (budget, period_start_ms)
            ) WITH (fillfactor = 50)
            """,
            "CREATE INDEX counters_by_end ON counters (budget, period_end_ms)",
            """
            CREATE TABLE holds (
                hold_id int8 PRIMARY KEY,
                call_key uuid NOT NULL,
                owner text NOT NULL,
                lease_until_ms int8 NOT NULL,
                bound_nano_usd int8 NOT NULL CHECK (bound_nano_usd >= 0),
                is_orphan boolean NOT NULL DEFAULT false
            )
            """,
            "CREATE INDEX holds_by_call ON holds (call_key)",
            "CREATE INDEX open_holds_by_lease ON holds (lease_until_ms) WHERE NOT is_orphan",
            // The calls that were settled; what was paid is in the journal's entry. A call whose response was deleted stays,
            // so that it is not paid again.
            """
            CREATE TABLE responses (
                call_key uuid PRIMARY KEY,
                entry_id int8 NOT NULL,
                stored_ms int8 NOT NULL,
                cost_nano_usd int8 NOT NULL,
                body bytea
            )
            """,
            // Rows lie in the order of their age.
            "CREATE INDEX responses_by_age ON responses USING brin (stored_ms) WHERE body IS NOT NULL",
            """
            CREATE TABLE breaches (
                hold_id int8 PRIMARY KEY,
                provider text NOT NULL,
                region text NOT NULL,
                model text NOT NULL,
                input_bytes int8 NOT NULL,
                messages int8 NOT NULL,
                output_tokens_max int8 NOT NULL,
                input_tokens int8 NOT NULL,
                output_tokens int8 NOT NULL,
                cache_read_tokens int8 NOT NULL,
                cache_write_tokens int8 NOT NULL
            )
            """,
            "CREATE INDEX breaches_by_model ON breaches (provider, region, model)",
            """
            CREATE TABLE raises (
                id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at_ms int8 NOT NULL,
                budget text NOT NULL,
                limit_nano_usd int8 NOT NULL CHECK (limit_nano_usd > 0),
                until_ms int8 NOT NULL,
                reason text NOT NULL
            )
            """,
            """
            CREATE TABLE alerts (
                budget text NOT NULL,
                period_start_ms int8 NOT NULL,
                period_end_ms int8 NOT NULL,
                percent int8 NOT NULL,
                limit_nano_usd int8 NOT NULL,
                spent_nano_usd int8 NOT NULL,
                held_nano_usd int8 NOT NULL,
                at_ms int8 NOT NULL,
                claimed_until_ms int8 NOT NULL,
                is_confirmed boolean NOT NULL DEFAULT false,
                PRIMARY KEY (budget, period_start_ms, percent)
            )
            """,
            "CREATE INDEX undelivered_alerts ON alerts (claimed_until_ms) WHERE NOT is_confirmed",
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END $$
            """,
        ] + ["journal", "hold_budgets", "raises"].flatMap(appendOnly)

    /// Limits that are lowered or given back, and thresholds that are told once for each limit.
    private static let changedLimits = [
        """
        ALTER TABLE raises ADD COLUMN kind text NOT NULL DEFAULT 'raise' CHECK (kind IN ('raise', 'lower', 'cancel'))
        """,
        "ALTER TABLE alerts DROP CONSTRAINT alerts_pkey",
        "ALTER TABLE alerts ADD PRIMARY KEY (budget, period_start_ms, percent, limit_nano_usd)",
    ]

    /// What people, and the files that they wrote, decided: the limits in force are the newest ones.
    private static let decisions =
        [
            """
            CREATE TABLE decisions (
                id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at_ms int8 NOT NULL,
                kind text NOT NULL,
                subject text NOT NULL,
                content text NOT NULL,
                brought_by text NOT NULL,
                reason text NOT NULL,
                -- The last journal entry before it.
                after_entry int8 NOT NULL
            )
            """,
            "CREATE INDEX decisions_by_kind ON decisions (kind, id)",
            // The decision that lets the model be asked again.
            "ALTER TABLE breaches ADD COLUMN accepted_by int8",
        ] + appendOnly("decisions")

    /// The calls that were charged in doubt, so that it is known how often each was, and how many of a model in a row; few
    /// entries are.
    ///
    /// The database itself notes them, whichever version writes the journal.
    private static let chargedCalls = [
        """
        CREATE TABLE charged_calls (
            entry_id int8 PRIMARY KEY,
            at_ms int8 NOT NULL,
            call_key uuid NOT NULL,
            provider text NOT NULL,
            region text NOT NULL,
            model text NOT NULL
        )
        """,
        "CREATE INDEX charged_calls_by_call ON charged_calls (call_key)",
        "CREATE INDEX charged_calls_by_model ON charged_calls (provider, region, model, entry_id)",
        """
        CREATE FUNCTION note_charged_call() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO charged_calls (entry_id, at_ms, call_key, provider, region, model)
            SELECT NEW.id, NEW.at_ms, holds.call_key, reserve.provider, reserve.region, reserve.model
            FROM holds JOIN journal AS reserve ON reserve.id = holds.hold_id WHERE holds.hold_id = NEW.hold_id;
            RETURN NULL;
        END $$
        """,
        // The hold's row goes after the entry.
        """
        CREATE TRIGGER journal_charged_calls AFTER INSERT ON journal
            FOR EACH ROW WHEN (NEW.kind = 'charge') EXECUTE FUNCTION note_charged_call()
        """,
    ]

    /// The tables that only grow and of which the journal tells nothing, and the columns of `ledger_head` with the number of
    /// their rows.
    static let counted = [
        (table: "raises", column: "raise_count"), (table: "decisions", column: "decision_count"),
        (table: "charged_calls", column: "charged_call_count"),
    ]

    /// Counts rows whose absence would let money be spent that should not be, so that a restore that lacks some is found.
    ///
    /// The database itself counts, whichever version writes.
    private static let countedRows =
        [
            """
            ALTER TABLE ledger_head ADD COLUMN raise_count int8 NOT NULL DEFAULT 0,
                ADD COLUMN decision_count int8 NOT NULL DEFAULT 0,
                ADD COLUMN charged_call_count int8 NOT NULL DEFAULT 0
            """,
            """
            UPDATE ledger_head SET raise_count = (SELECT count(*) FROM raises),
                decision_count = (SELECT count(*) FROM decisions),
                charged_call_count = (SELECT count(*) FROM charged_calls)
            """,
            """
            CREATE FUNCTION count_rows_added() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE number int8 := (SELECT count(*) FROM added);
            BEGIN
                UPDATE ledger_head SET
                    raise_count = raise_count + CASE TG_TABLE_NAME WHEN 'raises' THEN number ELSE 0 END,
                    decision_count = decision_count + CASE TG_TABLE_NAME WHEN 'decisions' THEN number ELSE 0 END,
                    charged_call_count = charged_call_count
                        + CASE TG_TABLE_NAME WHEN 'charged_calls' THEN number ELSE 0 END;
                RETURN NULL;
            END $$
            """,
        ]
        + ["raises", "decisions", "charged_calls"].map { table in
            """
            CREATE TRIGGER \(table)_counted AFTER INSERT ON \(table) REFERENCING NEW TABLE AS added
                FOR EACH STATEMENT EXECUTE FUNCTION count_rows_added()
            """
        }

    /// An orphan is a doubt too, whatever it asked, unless it was corrected.
    ///
    /// Orphans of before are not looked for: whether one was corrected only a walk through the whole journal would tell.
    private static let orphanedCalls = [
        """
        ALTER TABLE charged_calls ADD COLUMN hold_id int8, ADD COLUMN question_id text, ADD COLUMN function text,
            ADD COLUMN ordinal int8, ADD COLUMN is_orphan boolean NOT NULL DEFAULT false,
            ADD COLUMN is_corrected boolean NOT NULL DEFAULT false
        """,
        """
        UPDATE charged_calls SET hold_id = reserve.id, question_id = reserve.question_id, function = reserve.function,
            ordinal = reserve.ordinal
        FROM journal AS entry JOIN journal AS reserve ON reserve.id = entry.hold_id
        WHERE entry.id = charged_calls.entry_id
        """,
        "DROP INDEX charged_calls_by_call",
        "CREATE INDEX charged_calls_by_question ON charged_calls (question_id, function, ordinal)",
        "DROP INDEX charged_calls_by_model",
        "CREATE INDEX charged_calls_in_a_row ON charged_calls (provider, region, model, entry_id) WHERE NOT is_orphan",
        "CREATE INDEX orphaned_calls ON charged_calls (hold_id) WHERE is_orphan",
        """
        CREATE OR REPLACE FUNCTION note_charged_call() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO charged_calls (entry_id, at_ms, call_key, provider, region, model, hold_id, question_id, function,
                ordinal, is_orphan)
            SELECT NEW.id, NEW.at_ms, holds.call_key, reserve.provider, reserve.region, reserve.model, reserve.id,
                reserve.question_id, reserve.function, reserve.ordinal, NEW.kind = 'orphan'
            FROM holds JOIN journal AS reserve ON reserve.id = holds.hold_id WHERE holds.hold_id = NEW.hold_id;
            RETURN NULL;
        END $$
        """,
        """
        CREATE TRIGGER journal_orphaned_calls AFTER INSERT ON journal
            FOR EACH ROW WHEN (NEW.kind = 'orphan') EXECUTE FUNCTION note_charged_call()
        """,
        """
        CREATE FUNCTION note_corrected_call() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE charged_calls SET is_corrected = true WHERE hold_id = NEW.hold_id AND is_orphan;
            RETURN NULL;
        END $$
        """,
        // Nothing is held any more when an orphan ends.
        """
        CREATE TRIGGER journal_corrected_calls AFTER INSERT ON journal FOR EACH ROW
            WHEN (NEW.kind IN ('settle', 'release') AND NEW.held_nano_usd = 0)
            EXECUTE FUNCTION note_corrected_call()
        """,
    ]

    /// Takes change and deletion away from everybody: the owner meets the trigger, others have no right to try.
    private static func appendOnly(_ table: String) -> [String] {
        [
            """
            CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """,
            PostgresSchema.revokeChanges(table),
        ]
    }
}

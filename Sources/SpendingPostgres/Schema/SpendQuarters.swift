import FoundationEssentials
import Postgres
import Spending

/// The table of sums that reports read.
///
/// The database itself adds to it whenever entries are journaled, in the same transaction: no writer can forget it, not
/// even a program of before that runs beside this one.
enum SpendQuarters {
    /// Makes the table, fills it from the journal as it is, and keeps it up from then on.
    ///
    /// Of the replays of before nothing is known.
    static let migration = [
        """
        CREATE TABLE spend_quarters (
            quarter int8 NOT NULL,
            function text COLLATE "C" NOT NULL,
            provider text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            model text COLLATE "C" NOT NULL,
            -- Empty where tenants are not told apart.
            tenant text COLLATE "C" NOT NULL,
            calls int8 NOT NULL,
            input_tokens int8 NOT NULL,
            output_tokens int8 NOT NULL,
            spent_nano_usd int8 NOT NULL,
            held_nano_usd int8 NOT NULL,
            replays int8 NOT NULL DEFAULT 0,
            questions int8 NOT NULL,
            function_questions int8 NOT NULL,
            model_questions int8 NOT NULL,
            PRIMARY KEY (quarter, function, provider, region, model, tenant)
        ) WITH (fillfactor = 50)
        """,
        // Who was settled by what, so that each question is counted once.
        """
        CREATE TABLE settled_questions (
            question_id text COLLATE "C" NOT NULL,
            function text COLLATE "C" NOT NULL,
            provider text COLLATE "C" NOT NULL,
            region text COLLATE "C" NOT NULL,
            model text COLLATE "C" NOT NULL,
            PRIMARY KEY (question_id, function, provider, region, model)
        )
        """,
        // Entries are in the order of time, so that a span of it is a span of pages.
        "CREATE INDEX journal_by_time ON journal USING brin (at_ms) WITH (pages_per_range = 32)",
        "CREATE INDEX journal_exceptions ON journal (id) WHERE kind IN ('orphan', 'breach')",
        addReserves(of: "journal"), addEnds(of: "journal"), function,
        """
        CREATE TRIGGER journal_sums AFTER INSERT ON journal REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION add_to_spend_quarters()
        """,
    ]

    /// Replaces the function of a ledger that was made with one that grew slow with the journal.
    static let quickLookups = [function]

    // A statement journals holds or their ends, seldom both.
    private static let function = """
        CREATE OR REPLACE FUNCTION add_to_spend_quarters() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM added WHERE kind = 'reserve') THEN
                \(addReserves(of: "added"));
            END IF;
            IF EXISTS (SELECT FROM added WHERE kind NOT IN ('reserve', 'breach')) THEN
                \(addEnds(of: "added"));
            END IF;
            RETURN NULL;
        END $$
        """

    /// Adds new holds to the sums of the quarters of an hour in which they were reserved.
    private static func addReserves(of entries: String) -> String {
        """
        INSERT INTO spend_quarters AS sums (\(columns))
        SELECT at_ms / 900000, function, provider, region, model, coalesce(tenant, '') AS tenant_name, count(*), 0, 0,
            0, sum(held_nano_usd), 0, 0, 0
        FROM \(entries) WHERE kind = 'reserve' GROUP BY 1, function, provider, region, model, tenant_name
        \(merge)
        """
    }

    /// Adds the ends of holds to the sums of the quarters of an hour in which these were reserved.
    ///
    /// A breach repeats what its settlement said. `OFFSET 0` keeps a lookup a lookup by the key: a session plans this
    /// once, often while the tables are small, and would then read all of them for each batch from then on.
    private static func addEnds(of entries: String) -> String {
        """
        WITH ends AS MATERIALIZED (
            SELECT entry.id, entry.kind, reserve.at_ms / 900000 AS quarter,
                reserve.question_id COLLATE "C" AS question_id, reserve.function COLLATE "C" AS function,
                reserve.provider, reserve.region, reserve.model, coalesce(reserve.tenant, '') AS tenant,
                coalesce(entry.input_tokens, 0) + coalesce(entry.cache_read_tokens, 0)
                    + coalesce(entry.cache_write_tokens, 0) AS input_tokens,
                coalesce(entry.output_tokens, 0) AS output_tokens, entry.spent_nano_usd, entry.held_nano_usd,
                CASE entry.kind WHEN 'settle' THEN EXISTS (
                    SELECT FROM settled_questions AS known WHERE known.question_id = reserve.question_id OFFSET 0)
                    END AS is_known
            FROM \(entries) AS entry, LATERAL (SELECT * FROM journal WHERE id = entry.hold_id OFFSET 0) AS reserve
            WHERE entry.kind NOT IN ('reserve', 'breach')
        ), noted AS (
            INSERT INTO settled_questions
            SELECT question_id, function, provider, region, model FROM ends WHERE kind = 'settle'
            ON CONFLICT DO NOTHING
        ), ranked AS (
            SELECT *, row_number() OVER (PARTITION BY kind, question_id ORDER BY id) AS of_question,
                row_number() OVER (PARTITION BY kind, question_id, function ORDER BY id) AS of_function,
                row_number() OVER (PARTITION BY kind, question_id, provider, region, model ORDER BY id) AS of_model
            FROM ends
        ), counted AS (
            SELECT *, NOT is_known AND of_question = 1 AS is_first,
                of_function = 1 AND CASE WHEN is_known THEN NOT EXISTS (
                    SELECT FROM settled_questions AS known WHERE known.question_id = ranked.question_id
                        AND known.function = ranked.function OFFSET 0) ELSE kind = 'settle' END AS is_first_of_function,
                of_model = 1 AND CASE WHEN is_known THEN NOT EXISTS (
                    SELECT FROM settled_questions AS known WHERE known.question_id = ranked.question_id
                        AND (known.provider, known.region, known.model)
                            = (ranked.provider, ranked.region, ranked.model) OFFSET 0) ELSE kind = 'settle' END
                    AS is_first_of_model
            FROM ranked
        )
        INSERT INTO spend_quarters AS sums (\(columns))
        SELECT quarter, function, provider, region, model, tenant, -count(*) FILTER (WHERE kind = 'release'),
            coalesce(sum(input_tokens) FILTER (WHERE kind = 'settle'), 0),
            coalesce(sum(output_tokens) FILTER (WHERE kind = 'settle'), 0), sum(spent_nano_usd), sum(held_nano_usd),
            count(*) FILTER (WHERE is_first), count(*) FILTER (WHERE is_first_of_function),
            count(*) FILTER (WHERE is_first_of_model)
        FROM counted GROUP BY quarter, function, provider, region, model, tenant
        \(merge)
        """
    }

    private static let columns = """
        quarter, function, provider, region, model, tenant, calls, input_tokens, output_tokens, spent_nano_usd,
        held_nano_usd, questions, function_questions, model_questions
        """

    private static let merge = """
        ON CONFLICT (quarter, function, provider, region, model, tenant) DO UPDATE SET
            calls = sums.calls + excluded.calls, input_tokens = sums.input_tokens + excluded.input_tokens,
            output_tokens = sums.output_tokens + excluded.output_tokens,
            spent_nano_usd = sums.spent_nano_usd + excluded.spent_nano_usd,
            held_nano_usd = sums.held_nano_usd + excluded.held_nano_usd,
            questions = sums.questions + excluded.questions,
            function_questions = sums.function_questions + excluded.function_questions,
            model_questions = sums.model_questions + excluded.model_questions
        """

    /// Counts calls that were answered from their stored settlements.
    static func count(_ replays: [PaidCall], at now: Date) -> PostgresStatement {
        PostgresStatement(
            """
            INSERT INTO spend_quarters AS sums
            SELECT $1, function, provider, region, model, tenant, 0, 0, 0, 0, 0, count(*), 0, 0, 0
            FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
                AS replay(function, provider, region, model, tenant)
            GROUP BY function, provider, region, model, tenant
            ON CONFLICT (quarter, function, provider, region, model, tenant)
                DO UPDATE SET replays = sums.replays + excluded.replays
            """,
            [
                .int8(SpendQuarter.number(now)), .texts(replays.map(\.id.function)),
                .texts(replays.map(\.model.provider)), .texts(replays.map(\.model.region)),
                .texts(replays.map(\.model.model)), .texts(replays.map { $0.tenant ?? "" }),
            ])
    }
}

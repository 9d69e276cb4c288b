import GRDB
package import SQLite
import Spending

extension SQLiteLedger {
    /// The ledger's tables.
    ///
    /// The journal is the truth: `spent_nano_usd` and `held_nano_usd` are what an entry changes in each budget of its
    /// hold. `hold_id` is the id of its `reserve` entry; with its mark it is the hold's name, see ``HoldID``. `counters` can
    /// be rebuilt from it. Raises and decisions are part of it.
    package static let schema = Schema(
        name: "spending",
        migrations: [
            { database in
                try database.execute(
                    sql: """
                        CREATE TABLE journal (
                            id INTEGER PRIMARY KEY,
                            at_ms INTEGER NOT NULL,
                            kind TEXT NOT NULL
                                CHECK (kind IN ('reserve', 'settle', 'release', 'charge', 'orphan', 'breach')),
                            hold_id INTEGER NOT NULL,
                            reserved_ms INTEGER NOT NULL,
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            ordinal INTEGER NOT NULL,
                            digest TEXT NOT NULL,
                            provider TEXT NOT NULL,
                            region TEXT NOT NULL,
                            model TEXT NOT NULL,
                            tenant TEXT,
                            price_from_ms INTEGER NOT NULL,
                            input_tokens INTEGER,
                            output_tokens INTEGER,
                            spent_nano_usd INTEGER NOT NULL,
                            held_nano_usd INTEGER NOT NULL
                        ) STRICT;
                        CREATE INDEX journal_by_hold ON journal (hold_id);

                        CREATE TABLE hold_budgets (
                            hold_id INTEGER NOT NULL,
                            budget TEXT NOT NULL,
                            period_start_ms INTEGER NOT NULL,
                            limit_nano_usd INTEGER NOT NULL,
                            PRIMARY KEY (hold_id, budget)
                        ) STRICT, WITHOUT ROWID;

                        CREATE TABLE counters (
                            budget TEXT NOT NULL,
                            period_start_ms INTEGER NOT NULL,
                            spent_nano_usd INTEGER NOT NULL CHECK (spent_nano_usd >= 0),
                            held_nano_usd INTEGER NOT NULL CHECK (held_nano_usd >= 0),
                            PRIMARY KEY (budget, period_start_ms)
                        ) STRICT, WITHOUT ROWID;

                        CREATE TABLE holds (
                            hold_id INTEGER PRIMARY KEY,
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            ordinal INTEGER NOT NULL,
                            digest TEXT NOT NULL,
                            owner TEXT NOT NULL,
                            lease_until_ms INTEGER NOT NULL,
                            bound_nano_usd INTEGER NOT NULL CHECK (bound_nano_usd >= 0),
                            is_orphan INTEGER NOT NULL DEFAULT 0
                        ) STRICT;
                        CREATE INDEX holds_by_call ON holds (question_id, function, ordinal, digest);
                        CREATE INDEX open_holds_by_owner ON holds (owner, lease_until_ms) WHERE is_orphan = 0;

                        CREATE TABLE responses (
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            ordinal INTEGER NOT NULL,
                            digest TEXT NOT NULL,
                            stored_ms INTEGER NOT NULL,
                            input_tokens INTEGER NOT NULL,
                            output_tokens INTEGER NOT NULL,
                            cost_nano_usd INTEGER NOT NULL,
                            body BLOB NOT NULL,
                            PRIMARY KEY (question_id, function, ordinal, digest)
                        ) STRICT;

                        CREATE TABLE breaches (
                            hold_id INTEGER PRIMARY KEY,
                            provider TEXT NOT NULL,
                            region TEXT NOT NULL,
                            model TEXT NOT NULL,
                            input_bytes INTEGER NOT NULL,
                            messages INTEGER NOT NULL,
                            output_tokens_max INTEGER NOT NULL,
                            input_tokens INTEGER NOT NULL,
                            output_tokens INTEGER NOT NULL
                        ) STRICT;
                        CREATE INDEX breaches_by_model ON breaches (provider, region, model);
                        """)
                try makeAppendOnly("journal", knownBy: "id = NEW.id", database)
                try makeAppendOnly("hold_budgets", knownBy: "hold_id = NEW.hold_id AND budget = NEW.budget", database)
            },
            { database in
                try database.execute(
                    sql: """
                        ALTER TABLE journal ADD COLUMN input_nano_usd_per_token INTEGER;
                        ALTER TABLE journal ADD COLUMN output_nano_usd_per_token INTEGER;
                        ALTER TABLE journal ADD COLUMN cache_read_nano_usd_per_token INTEGER;
                        ALTER TABLE journal ADD COLUMN cache_write_nano_usd_per_token INTEGER;
                        ALTER TABLE journal ADD COLUMN cache_read_tokens INTEGER;
                        ALTER TABLE journal ADD COLUMN cache_write_tokens INTEGER;
                        ALTER TABLE journal ADD COLUMN counted_by TEXT;
                        ALTER TABLE journal ADD COLUMN request_id TEXT;
                        ALTER TABLE journal ADD COLUMN response_sha256 TEXT;
                        -- Everything is found by the hold's id, which is that of its `reserve` entry.
                        DROP INDEX journal_by_hold;

                        ALTER TABLE responses ADD COLUMN provider TEXT;
                        ALTER TABLE responses ADD COLUMN region TEXT;
                        ALTER TABLE responses ADD COLUMN model TEXT;
                        ALTER TABLE responses ADD COLUMN cache_read_tokens INTEGER NOT NULL DEFAULT 0;
                        ALTER TABLE responses ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;
                        ALTER TABLE responses ADD COLUMN counted_by TEXT;
                        ALTER TABLE responses ADD COLUMN request_id TEXT;

                        ALTER TABLE breaches ADD COLUMN cache_read_tokens INTEGER NOT NULL DEFAULT 0;
                        ALTER TABLE breaches ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;

                        CREATE TABLE raises (
                            id INTEGER PRIMARY KEY,
                            at_ms INTEGER NOT NULL,
                            budget TEXT NOT NULL,
                            limit_nano_usd INTEGER NOT NULL CHECK (limit_nano_usd > 0),
                            until_ms INTEGER NOT NULL,
                            reason TEXT NOT NULL
                        ) STRICT;

                        CREATE TABLE alerts (
                            budget TEXT NOT NULL,
                            period_start_ms INTEGER NOT NULL,
                            period_end_ms INTEGER NOT NULL,
                            percent INTEGER NOT NULL,
                            limit_nano_usd INTEGER NOT NULL,
                            spent_nano_usd INTEGER NOT NULL,
                            held_nano_usd INTEGER NOT NULL,
                            at_ms INTEGER NOT NULL,
                            claimed_until_ms INTEGER NOT NULL,
                            is_confirmed INTEGER NOT NULL DEFAULT 0,
                            PRIMARY KEY (budget, period_start_ms, percent)
                        ) STRICT, WITHOUT ROWID;
                        CREATE INDEX undelivered_alerts ON alerts (claimed_until_ms) WHERE is_confirmed = 0;
                        """)
                try makeAppendOnly("raises", knownBy: "id = NEW.id", database)
            },
            { database in
                try database.execute(
                    sql: """
                        -- The calls whose responses were deleted: they are not paid again.
                        CREATE TABLE forgotten_calls (
                            question_id TEXT NOT NULL,
                            function TEXT NOT NULL,
                            ordinal INTEGER NOT NULL,
                            digest TEXT NOT NULL,
                            PRIMARY KEY (question_id, function, ordinal, digest)
                        ) STRICT, WITHOUT ROWID;

                        -- Where a budget's rule is changed, its periods overlap. Where none was noted, a period counts
                        -- for itself alone.
                        ALTER TABLE counters ADD COLUMN period_end_ms INTEGER NOT NULL DEFAULT 0;
                        UPDATE counters SET period_end_ms = period_start_ms + 1;
                        CREATE INDEX counters_by_end ON counters (budget, period_end_ms);
                        """)
            },
            { database in
                try database.execute(
                    sql: """
                        -- The journal's sums by the quarter of an hour in which calls were reserved, for reports. The
                        -- three kinds of questions count first settlements: of the question, of the question by the
                        -- function, and of the question by the model. No tenant is ''. All but the replays can be
                        -- rebuilt from the journal.
                        CREATE TABLE spend_quarters (
                            quarter INTEGER NOT NULL,
                            function TEXT NOT NULL,
                            provider TEXT NOT NULL,
                            region TEXT NOT NULL,
                            model TEXT NOT NULL,
                            tenant TEXT NOT NULL,
                            calls INTEGER NOT NULL,
                            input_tokens INTEGER NOT NULL,
                            output_tokens INTEGER NOT NULL,
                            spent_nano_usd INTEGER NOT NULL,
                            held_nano_usd INTEGER NOT NULL,
                            replays INTEGER NOT NULL,
                            questions INTEGER NOT NULL,
                            function_questions INTEGER NOT NULL,
                            model_questions INTEGER NOT NULL,
                            PRIMARY KEY (quarter, function, provider, region, model, tenant)
                        ) STRICT, WITHOUT ROWID;
                        INSERT INTO spend_quarters \(SpendQuarters.fromJournal);
                        \(SpendQuarters.trigger)

                        CREATE INDEX journal_exceptions ON journal (reserved_ms) WHERE kind IN ('orphan', 'breach');
                        """)
            },
            { database in
                try database.execute(
                    sql: """
                        -- A number comes again after an older copy of the file was put back; a mark does not.
                        ALTER TABLE journal ADD COLUMN hold_mark TEXT;
                        ALTER TABLE holds ADD COLUMN mark TEXT;
                        """)
            },
            { database in
                try database.execute(
                    sql: """
                        ALTER TABLE raises ADD COLUMN kind TEXT NOT NULL DEFAULT 'raise'
                            CHECK (kind IN ('raise', 'lower', 'cancel'));

                        -- A threshold is told once for each limit.
                        CREATE TABLE alerts_by_limit (
                            budget TEXT NOT NULL,
                            period_start_ms INTEGER NOT NULL,
                            period_end_ms INTEGER NOT NULL,
                            percent INTEGER NOT NULL,
                            limit_nano_usd INTEGER NOT NULL,
                            spent_nano_usd INTEGER NOT NULL,
                            held_nano_usd INTEGER NOT NULL,
                            at_ms INTEGER NOT NULL,
                            claimed_until_ms INTEGER NOT NULL,
                            is_confirmed INTEGER NOT NULL DEFAULT 0,
                            PRIMARY KEY (budget, period_start_ms, percent, limit_nano_usd)
                        ) STRICT, WITHOUT ROWID;
                        INSERT INTO alerts_by_limit (budget, period_start_ms, period_end_ms, percent, limit_nano_usd,
                                spent_nano_usd, held_nano_usd, at_ms, claimed_until_ms, is_confirmed)
                            SELECT budget, period_start_ms, period_end_ms, percent, limit_nano_usd, spent_nano_usd,
                                held_nano_usd, at_ms, claimed_until_ms, is_confirmed FROM alerts;
                        DROP TABLE alerts;
                        ALTER TABLE alerts_by_limit RENAME TO alerts;
                        CREATE INDEX undelivered_alerts ON alerts (claimed_until_ms) WHERE is_confirmed = 0;
                        """)
            },
            { database in
                try database.execute(
                    sql: """
                        -- What people, and the files that they wrote, decided: the limits in force are the newest ones.
                        CREATE TABLE decisions (
                            id INTEGER PRIMARY KEY,
                            at_ms INTEGER NOT NULL,
                            kind TEXT NOT NULL,
                            subject TEXT NOT NULL,
                            content TEXT NOT NULL,
                            brought_by TEXT NOT NULL,
                            reason TEXT NOT NULL,
                            -- The last journal entry before it.
                            after_entry INTEGER NOT NULL
                        ) STRICT;
                        CREATE INDEX decisions_by_kind ON decisions (kind);

                        -- The decision that lets the model be asked again.
                        ALTER TABLE breaches ADD COLUMN accepted_by INTEGER;
                        """)
                try makeAppendOnly("decisions", knownBy: "id = NEW.id", database)
                try SettledTime.makeTable(LedgerTransaction.timeTable, newest: LedgerTransaction.newest, database)
            },
            { database in
                try database.execute(
                    sql: """
                        -- How often a call was charged in doubt, and how many of a model in a row; few entries are.
                        CREATE INDEX journal_charges ON journal (question_id, function, ordinal, digest)
                            WHERE kind = 'charge';
                        CREATE INDEX journal_charges_by_model ON journal (provider, region, model)
                            WHERE kind = 'charge';
                        """)
            },
            { database in
                try database.execute(
                    sql: """
                        -- An orphan is a doubt too, whatever it asked, unless it was corrected: then nothing is held any
                        -- more when it ends.
                        DROP INDEX journal_charges;
                        CREATE INDEX journal_doubts ON journal (question_id, function, ordinal)
                            WHERE kind IN ('charge', 'orphan');
                        CREATE INDEX journal_corrections ON journal (hold_id)
                            WHERE kind IN ('settle', 'release') AND held_nano_usd = 0;
                        """)
            },
        ],
        audit: { database in
            let verification = try LedgerAudit(database, checksFile: false).verification
            return verification.findings.first?.description ?? verification.differences.first?.description
        })

    private static func makeAppendOnly(_ table: String, knownBy isKnown: String, _ database: Database) throws {
        // The third trigger: replacing a row deletes it without asking the delete trigger.
        try database.execute(
            sql: """
                CREATE TRIGGER \(table)_no_update BEFORE UPDATE ON \(table)
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                CREATE TRIGGER \(table)_no_delete BEFORE DELETE ON \(table)
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                CREATE TRIGGER \(table)_no_replace BEFORE INSERT ON \(table)
                WHEN EXISTS (SELECT 1 FROM \(table) WHERE \(isKnown))
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                """)
    }
}

import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// The table of sums that reports read.
///
/// The database itself adds to it whenever an entry is journaled, in the same transaction: no writer can forget it, not even a
/// program of before that has the file open.
enum SpendQuarters {
    /// Adds each entry to the sums of the quarter of an hour in which its call was reserved.
    ///
    /// A settlement is journaled before its response is stored. Of a call whose response is forgotten, the model is no longer
    /// known; it is taken for that of the new settlement. A breach repeats what its settlement said.
    static let trigger = """
        CREATE TRIGGER journal_sums AFTER INSERT ON journal WHEN NEW.kind <> 'breach'
        BEGIN
            INSERT INTO spend_quarters (quarter, function, provider, region, model, tenant, calls, input_tokens,
                output_tokens, spent_nano_usd, held_nano_usd, replays, questions, function_questions, model_questions)
            VALUES (NEW.reserved_ms / 900000, NEW.function, NEW.provider, NEW.region, NEW.model,
                ifnull(NEW.tenant, ''), CASE NEW.kind WHEN 'reserve' THEN 1 WHEN 'release' THEN -1 ELSE 0 END,
                CASE NEW.kind WHEN 'settle' THEN ifnull(NEW.input_tokens, 0) + ifnull(NEW.cache_read_tokens, 0)
                    + ifnull(NEW.cache_write_tokens, 0) ELSE 0 END,
                CASE NEW.kind WHEN 'settle' THEN ifnull(NEW.output_tokens, 0) ELSE 0 END,
                NEW.spent_nano_usd, NEW.held_nano_usd, 0,
                CASE NEW.kind WHEN 'settle' THEN NOT EXISTS
                        (SELECT 1 FROM responses WHERE question_id = NEW.question_id)
                    AND NOT EXISTS (SELECT 1 FROM forgotten_calls WHERE question_id = NEW.question_id)
                    ELSE 0 END,
                CASE NEW.kind WHEN 'settle' THEN NOT EXISTS
                        (SELECT 1 FROM responses WHERE question_id = NEW.question_id AND function = NEW.function)
                    AND NOT EXISTS
                        (SELECT 1 FROM forgotten_calls WHERE question_id = NEW.question_id AND function = NEW.function)
                    ELSE 0 END,
                CASE NEW.kind WHEN 'settle' THEN NOT EXISTS
                        (SELECT 1 FROM responses WHERE question_id = NEW.question_id AND (model IS NULL OR
                            (provider = NEW.provider AND region = NEW.region AND model = NEW.model)))
                    AND NOT EXISTS (SELECT 1 FROM forgotten_calls WHERE question_id = NEW.question_id)
                    ELSE 0 END)
            ON CONFLICT DO UPDATE SET calls = calls + excluded.calls,
                input_tokens = input_tokens + excluded.input_tokens,
                output_tokens = output_tokens + excluded.output_tokens,
                spent_nano_usd = spent_nano_usd + excluded.spent_nano_usd,
                held_nano_usd = held_nano_usd + excluded.held_nano_usd,
                questions = questions + excluded.questions,
                function_questions = function_questions + excluded.function_questions,
                model_questions = model_questions + excluded.model_questions;
        END;
        """

    /// Counts a call that was answered from its stored settlement.
    static func countReplay(of call: PaidCall, at now: Date, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO spend_quarters VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 1, 0, 0, 0)
            ON CONFLICT DO UPDATE SET replays = replays + 1
            """,
            [
                SpendQuarter.number(now), call.id.function, call.model.provider, call.model.region, call.model.model,
                call.tenant ?? "",
            ])
    }

    /// The same sums from the journal itself, by every column but the replays, which it does not know.
    static let fromJournal = """
        SELECT quarter, function, provider, region, model, tenant, sum(kind = 'reserve') - sum(kind = 'release'),
            sum(CASE kind WHEN 'settle' THEN ifnull(input_tokens, 0) + ifnull(cache_read_tokens, 0)
                + ifnull(cache_write_tokens, 0) ELSE 0 END),
            sum(CASE kind WHEN 'settle' THEN ifnull(output_tokens, 0) ELSE 0 END),
            sum(spent_nano_usd), sum(held_nano_usd), 0, sum(kind = 'settle' AND of_question = 1),
            sum(kind = 'settle' AND by_function = 1), sum(kind = 'settle' AND by_model = 1)
        FROM (
            SELECT reserved_ms / 900000 AS quarter, function, provider, region, model, ifnull(tenant, '') AS tenant,
                kind, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, spent_nano_usd,
                held_nano_usd,
                row_number() OVER (PARTITION BY kind, question_id ORDER BY id) AS of_question,
                row_number() OVER (PARTITION BY kind, question_id, function ORDER BY id) AS by_function,
                row_number() OVER (PARTITION BY kind, question_id, provider, region, model ORDER BY id) AS by_model
            FROM journal)
        GROUP BY quarter, function, provider, region, model, tenant
        """
}

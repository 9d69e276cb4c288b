import FoundationEssentials
import FunctionKit
import GRDB
import Spending

/// The table of sums that reports read, written in the transactions that it sums up.
enum SpendQuarters {
    /// Whether a settlement is the first of its question: at all, by its function, and by its model.
    struct Firsts {
        var ofQuestion = 0
        var byFunction = 0
        var byModel = 0
    }

    /// Adds to the sums of a call's quarter of an hour.
    static func add(
        _ amounts: SpendAmounts, firsts: Firsts = Firsts(), at reserved: Date, of call: CallID, model: ModelID,
        tenant: String?, _ database: Database
    ) throws {
        try database.run(
            """
            INSERT INTO spend_quarters (quarter, function, provider, region, model, tenant, calls, input_tokens,
                output_tokens, spent_nano_usd, held_nano_usd, replays, questions, function_questions, model_questions)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET calls = calls + excluded.calls,
                input_tokens = input_tokens + excluded.input_tokens,
                output_tokens = output_tokens + excluded.output_tokens,
                spent_nano_usd = spent_nano_usd + excluded.spent_nano_usd,
                held_nano_usd = held_nano_usd + excluded.held_nano_usd, replays = replays + excluded.replays,
                questions = questions + excluded.questions,
                function_questions = function_questions + excluded.function_questions,
                model_questions = model_questions + excluded.model_questions
            """,
            [
                SpendQuarter.number(reserved), call.function, model.provider, model.region, model.model, tenant ?? "",
                amounts.calls, amounts.inputTokens, amounts.outputTokens, amounts.spent.nanoUSD, amounts.held.nanoUSD,
                amounts.replays ?? 0, firsts.ofQuestion, firsts.byFunction, firsts.byModel,
            ])
    }

    /// Looks whether a settlement that is not stored yet is the first of its question.
    static func firsts(of call: CallID, model: ModelID, _ database: Database) throws -> Firsts {
        // Of a call whose response is forgotten the model is no longer known; it is taken for this one.
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) = 0, total(function = ?2) = 0,
                        total(model IS NULL OR (provider = ?3 AND region = ?4 AND model = ?5)) = 0
                    FROM (
                        SELECT function, provider, region, model FROM responses WHERE question_id = ?1
                        UNION ALL SELECT function, NULL, NULL, NULL FROM forgotten_calls WHERE question_id = ?1)
                    """),
            arguments: [call.questionID, call.function, model.provider, model.region, model.model])
        return row.map { Firsts(ofQuestion: $0[0], byFunction: $0[1], byModel: $0[2]) } ?? Firsts()
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

import Answers
import FunctionKit
package import History
package import Spending

/// What an asker is shown: the stable JSON of `sluice ask --format json` and of the HTTP API.
///
/// Money is in decimal strings of US dollars.
///
/// ```json
/// {"id": "…", "question_redacted": "…", "answer": "…", "citations": [{"id": "…", "heading": "…"}], "degraded": false,
///  "usage": {"input_tokens": 812, "output_tokens": 120}, "cost_usd": "0.003086",
///  "budget": {"limit_usd": "0.50", "spent_usd": "0.003086", "held_usd": "0.00", "remaining_usd": "0.496914"},
///  "stages": [{"function": "pii-filter", "attempt": 1, "milliseconds": 0.4}]}
/// ```
package struct AnswerReport: Encodable, Sendable {
    /// A budget at the moment of the report.
    package struct BudgetLine: Encodable, Sendable {
        let limit, spent, held, remaining: Money

        private enum CodingKeys: String, CodingKey {
            case limit = "limit_usd"
            case spent = "spent_usd"
            case held = "held_usd"
            case remaining = "remaining_usd"
        }
    }

    /// One function's part in the answer.
    package struct Stage: Encodable, Sendable {
        let function: String
        let attempt: Int
        let milliseconds: Double
    }

    let id: String
    let question: String
    let answer: String
    let citations: [Citation]
    let isDegraded: Bool
    let usage: TokenUsage
    let cost: Money
    let budget: BudgetLine?
    let stages: [Stage]

    private enum CodingKeys: String, CodingKey {
        case id, answer, citations, usage, budget, stages
        case question = "question_redacted"
        case isDegraded = "degraded"
        case cost = "cost_usd"
    }

    /// The report of an answered question; nil for one without an answer.
    ///
    /// - Parameters:
    ///   - record: The question.
    ///   - budgets: All budgets as they stand; the one with the least left is shown.
    ///   - pipeline: The functions' names, in the order in which a question passes them.
    package init?(_ record: RunRecord, budgets: [BudgetStatus], pipeline: [String]) {
        guard let answer = record.answer else { return nil }
        id = record.id
        question = answer.question
        self.answer = answer.answer
        citations = answer.citations
        isDegraded = answer.isDegraded
        usage = answer.usage
        cost = Money(nanoUSD: record.costNanoUSD)
        budget = budgets.min { $0.remaining < $1.remaining }.map {
            BudgetLine(limit: $0.limit, spent: $0.spent, held: $0.held, remaining: $0.remaining)
        }
        stages = Self.stages(record, in: pipeline)
    }

    /// A record's stages, in a pipeline's order: they are noted beside the queue, and need not come in in it.
    static func stages(_ record: RunRecord, in pipeline: [String]) -> [Stage] {
        pipeline.compactMap { name in
            record.stages.first { $0.function == name }.map {
                // A tenth of a millisecond is more than the clock of a shared machine is worth.
                Stage(function: name, attempt: $0.attempt, milliseconds: ($0.milliseconds * 10).rounded() / 10)
            }
        }
    }
}

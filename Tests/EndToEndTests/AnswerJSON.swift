import Foundation

/// The JSON of `sluice ask --format json`, field by field as it is documented.
struct AnswerJSON: Decodable {
    struct Citation: Decodable {
        let id, heading: String
    }

    struct Usage: Decodable {
        let input_tokens, output_tokens: Int
    }

    struct Budget: Decodable {
        let limit_usd, spent_usd, held_usd, remaining_usd: String
    }

    struct Stage: Decodable {
        let function: String
        let attempt: Int
        let milliseconds: Double
    }

    let id, question_redacted, answer, cost_usd: String
    let citations: [Citation]
    let degraded: Bool
    let usage: Usage
    let budget: Budget
    let stages: [Stage]

    init(_ text: String) throws {
        self = try JSONDecoder().decode(AnswerJSON.self, from: Data(text.utf8))
    }
}

/// The JSON of `sluice budget status` and `verify`.
struct BudgetJSON: Decodable {
    struct Line: Decodable {
        let name, limit_usd, spent_usd, held_usd, remaining_usd: String
    }

    let budgets: [Line]
}

struct VerificationJSON: Decodable {
    let sound: Bool
    let entries: Int
}

/// An amount in nano-dollars, for exact sums.
func nanoUSD(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count <= 9, let whole = Int64(parts[0]) else { return nil }
    let decimals = parts[1] + String(repeating: "0", count: 9 - parts[1].count)
    // A whole zero has no sign of its own.
    return Int64(decimals).map { whole * 1_000_000_000 + (text.hasPrefix("-") ? -$0 : $0) }
}

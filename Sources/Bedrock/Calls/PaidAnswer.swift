import FunctionKit
import Spending

/// An answer with what it cost.
struct PaidAnswer<Answer: ModelAnswer>: Sendable {
    let answer: Answer
    let usage: TokenUsage
    /// With what was charged for the call when it brought no answer.
    let cost: Money
    /// The model that answered: a stored answer may be another's.
    let model: String
}

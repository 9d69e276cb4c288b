public import FoundationEssentials

/// What is done with a question once a budget has no room for its worst case.
public enum ExhaustedPolicy: Sendable, Hashable {
    /// The answer is made of the passages alone, and says so.
    case answerWithoutModel
    /// The message is parked; hosts take it back when the budget opens.
    case waitUntilReset
    /// The asker is told when to return.
    case reject
    /// The named model is asked instead, under its own price, bound and budgets.
    case fallbackModel(String)
}

/// A budget's no to one call: its worst case does not fit.
public struct BudgetRefusal: Sendable, Hashable {
    /// The budget's name.
    public var budget: String
    /// What the budget wants done.
    public var policy: ExhaustedPolicy
    /// When the budget's period turns.
    public var opensAt: Date

    /// Makes a refusal.
    public init(budget: String, policy: ExhaustedPolicy, opensAt: Date) {
        self.budget = budget
        self.policy = policy
        self.opensAt = opensAt
    }
}

public import FoundationEssentials

/// What is done with a message once a budget has no room for its worst case.
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
    /// Why there is no room.
    public enum Cause: String, Sendable, Codable {
        /// The limit is spent: nothing is left before the period turns or the limit is raised.
        case spent
        /// Something is left, but less than the call may cost.
        case noRoom = "no-room"
        /// Calls under way hold the money; some of it comes free when they end.
        case held
        /// The model has cost more than its bound before, and is refused until that is raised or accepted. The budget is
        /// the first that covers the call, whose policy holds.
        case breached
    }

    /// The budget's name, or budget + "/" + tenant where the tenant's share of it is used up.
    public var budget: String
    /// Why there is no room.
    public var cause: Cause
    /// What is neither spent nor held, in nano-dollars; 0 or more.
    public var remainingNanoUSD: Int64
    /// What the refused call needs at the least, in nano-dollars.
    public var neededNanoUSD: Int64
    /// What the budget wants done.
    public var policy: ExhaustedPolicy
    /// When there may be room again in each budget that has none now; nil where no turn of a period makes any.
    public var opensAt: Date?
    /// What the call was charged before, in nano-dollars, though it brought no answer: part of what its run costs.
    public var chargedNanoUSD: Int64 = 0
    /// For a person: which budget has no room, what the call may cost and what is left, and when it opens by whose clock.
    public var explanation: String

    /// Makes a refusal; without `explanation` it says no more than the budget's name.
    public init(
        budget: String, cause: Cause = .spent, remainingNanoUSD: Int64 = 0, neededNanoUSD: Int64 = 0,
        policy: ExhaustedPolicy, opensAt: Date?, explanation: String? = nil
    ) {
        self.budget = budget
        self.cause = cause
        self.remainingNanoUSD = remainingNanoUSD
        self.neededNanoUSD = neededNanoUSD
        self.policy = policy
        self.opensAt = opensAt
        self.explanation = explanation ?? "the budget `\(budget)` has no room for a call"
    }
}

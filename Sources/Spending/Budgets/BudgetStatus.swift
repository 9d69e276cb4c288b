package import FunctionKit

/// Where a budget stands in its present period.
package struct BudgetStatus: Sendable, Hashable {
    /// The budget's name.
    package var budget: String
    /// The present period.
    package var period: Period
    /// The limit in force, raised or not.
    package var limit: Money
    /// What is spent.
    package var spent: Money
    /// What is held for calls under way.
    package var held: Money
    /// What is left; zero where the limit was lowered below what is spent.
    package var remaining: Money
    /// The percentages of the limit at which people want to know.
    package var alertsPercent: [Int]
    /// What is done with a question that does not fit.
    package var exhausted: ExhaustedPolicy

    init(_ budget: Budget, _ counter: LedgerCounter) {
        self.budget = budget.name
        period = counter.line.period
        limit = counter.line.limit
        spent = counter.spent
        held = counter.held
        remaining = max(.zero, counter.room)
        alertsPercent = budget.alertsPercent
        exhausted = budget.exhausted
    }
}

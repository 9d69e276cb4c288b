/// What a budget counted in one period, whatever the files say of it today.
package struct PeriodCounter: Sendable, Hashable {
    /// The budget's name.
    package var budget: String
    /// The period.
    package var period: Period
    /// What was spent.
    package var spent: Money
    /// What is held.
    package var held: Money

    /// Makes a counter.
    package init(budget: String, period: Period, spent: Money, held: Money) {
        self.budget = budget
        self.period = period
        self.spent = spent
        self.held = held
    }
}

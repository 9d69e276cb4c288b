package import FoundationEssentials

/// A budget whose spending has reached one of its thresholds: raised once for each threshold of each limit in each period.
package struct BudgetAlert: Sendable, Hashable {
    /// Names the alert: budget, first instant of the period, percentage and limit, such as
    /// `daily/2026-11-22T18:30:00Z/80/0.50`: a limit that is raised is told of anew.
    ///
    /// The same after a restart, so that a receiver can tell a repeated delivery.
    package var id: String
    /// The budget's name; see ``BudgetLine/budget``.
    package var budget: String
    /// The threshold, as a percentage of the limit.
    package var percent: Int
    /// The period.
    package var period: Period
    /// The limit in force when the threshold was reached.
    package var limit: Money
    /// What was spent then.
    package var spent: Money
    /// What was held for calls under way then.
    package var held: Money
    /// When the threshold was seen to be reached, by the ledger's clock.
    package var at: Date

    /// Makes an alert.
    package init(
        budget: String, percent: Int, period: Period, limit: Money, spent: Money, held: Money, at: Date
    ) {
        id = "\(budget)/\(period.start.formatted(.iso8601))/\(percent)/\(limit)"
        self.budget = budget
        self.percent = percent
        self.period = period
        self.limit = limit
        self.spent = spent
        self.held = held
        self.at = at
    }
}

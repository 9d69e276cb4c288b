package import FoundationEssentials

extension BudgetAlert {
    /// The alerts of all thresholds that what is spent has reached, whether they were raised before or not.
    ///
    /// - Parameters:
    ///   - thresholds: Budgets in periods, each with percentages of its limit.
    ///   - counters: What was counted in each of them.
    ///   - instant: The ledger's.
    /// - Returns: The alerts.
    package static func reached(
        _ thresholds: [(line: BudgetLine, percents: [Int])], _ counters: [LedgerCounter], at instant: Date
    ) -> [BudgetAlert] {
        zip(thresholds, counters).flatMap { threshold, counter in
            threshold.percents.filter(counter.hasReached).map { percent in
                BudgetAlert(
                    budget: counter.line.name.description, percent: percent, period: counter.line.period,
                    limit: counter.line.limit, spent: counter.spent, held: counter.held, at: instant)
            }
        }
    }
}

extension [BudgetAlert] {
    /// In the order in which they are delivered: lower thresholds of a budget first.
    package var inOrder: [BudgetAlert] {
        sorted {
            ($0.at, $0.budget, $0.period.start, $0.percent) < ($1.at, $1.budget, $1.period.start, $1.percent)
        }
    }
}

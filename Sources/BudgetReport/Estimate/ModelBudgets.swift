package import Spending

/// The most that models can cost in a month, because budgets hold them to it.
package enum ModelBudgets {
    /// The lines of a bill.
    ///
    /// Each budget that covers everything holds all calls, so the tightest of them alone is the bound. Where there is none,
    /// every call is under one of the others, for a call under no budget is refused: their sum is the bound.
    ///
    /// - Parameters:
    ///   - budgets: All budgets.
    ///   - month: How many periods there are to be used up.
    /// - Returns: The tightest budget that covers everything, else all of them.
    /// - Throws: ``EstimateProblem/tooLarge``.
    package static func lines(_ budgets: [Budget], in month: BillingMonth) throws(EstimateProblem) -> [BillLine] {
        var lines: [(budget: Budget, line: BillLine)] = []
        for budget in budgets {
            let length = budget.rule.length
            let line = try BillLine(
                item: "model_budget", title: "Model budget \(budget.name)", part: .model,
                quantity: month.periods(of: budget.rule), unit: length.rawValue,
                rate: Rate(perUnit: budget.limit, asOf: nil, source: "the limit of the budget \(budget.name)"))
            lines.append((budget, line))
        }
        let tightest = lines.filter { $0.budget.scope == BudgetScope() }
            .min { ($0.line.amount ?? .zero) < ($1.line.amount ?? .zero) }
        return tightest.map { [$0.line] } ?? lines.map(\.line)
    }
}

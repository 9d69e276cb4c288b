package import FoundationEssentials
import FunctionKit

/// Finds, before anything starts, which configured calls could only ever be refused.
package enum SpendingCheck {
    /// Compares what functions are to ask with what is priced and limited.
    ///
    /// A budget whose scope names tenants limits their calls alone; it does not count for a function whose questions
    /// may come without a tenant.
    ///
    /// - Parameters:
    ///   - models: The models that the manifest configures, each with its function.
    ///   - prices: All prices.
    ///   - budgets: All budgets.
    ///   - instant: Now.
    /// - Returns: Each problem once: for the models in their order, then for the budgets' fallback models.
    package static func problems(
        models: [(function: String, model: ModelID)], prices: PriceBook, budgets: [Budget], at instant: Date
    ) -> [SpendingProblem] {
        var problems: [SpendingProblem] = []
        func note(_ problem: SpendingProblem) {
            if !problems.contains(problem) { problems.append(problem) }
        }
        for (function, model) in models {
            if prices.price(of: model, at: instant) == nil { note(.noPrice(model, function: function)) }
            if !budgets.cover(model, of: function, for: nil) { note(.noBudget(model, function: function)) }
        }
        for budget in budgets {
            guard case .fallbackModel(let name) = budget.exhausted else { continue }
            for (function, model) in models where budget.scope.covers(model, of: function) {
                // A fallback is asked in the region of the model that it stands in for.
                let fallback = ModelID(provider: model.provider, region: model.region, model: name)
                if prices.price(of: fallback, at: instant) == nil {
                    note(.noFallbackPrice(fallback, budget: budget.name))
                }
                let tenants = budget.scope.tenants.map { $0.sorted().map(Optional.some) } ?? [nil]
                if !tenants.allSatisfy({ budgets.cover(fallback, of: function, for: $0) }) {
                    note(.noFallbackBudget(fallback, function: function, budget: budget.name))
                }
            }
        }
        return problems
    }
}

/// Why a configured call could only ever be refused.
package enum SpendingProblem: Error, Sendable, Hashable {
    /// The model that a function asks has no price in force.
    case noPrice(ModelID, function: String)
    /// No budget covers what a function asks without a tenant.
    case noBudget(ModelID, function: String)
    /// The model that a budget falls back to has no price in force where the configured model runs.
    case noFallbackPrice(ModelID, budget: String)
    /// No budget covers the model that a budget falls back to.
    case noFallbackBudget(ModelID, function: String, budget: String)
}

extension SpendingProblem: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .noPrice(let model, let function):
            "\(function) asks \(model.spelled), which has no price in force; add one to budgets/prices,"
                + " or configure another model"
        case .noBudget(let model, let function):
            "\(function) asks \(model.spelled), which no budget covers for questions without a tenant;"
                + " add a budget to budgets, or widen the scope of one"
        case .noFallbackPrice(let model, let budget):
            "the budget \(budget) falls back to \(model.spelled), which has no price in force; add one to budgets/prices,"
                + " or change `fallback-model` in budgets"
        case .noFallbackBudget(let model, let function, let budget):
            "the budget \(budget) falls back to \(model.spelled) for \(function), which no budget covers;"
                + " add a budget to budgets, or change `fallback-model` there"
        }
    }
}

extension ModelID {
    fileprivate var spelled: String { "\(model) of \(provider) in \(region)" }
}

extension [Budget] {
    fileprivate func cover(_ model: ModelID, of function: String, for tenant: String?) -> Bool {
        contains { budget in
            budget.scope.covers(model, of: function)
                && budget.scope.tenants.map { tenants in tenant.map(tenants.contains) ?? false } ?? true
        }
    }
}

extension BudgetScope {
    /// Whether some tenant's call fits the scope, or any call.
    fileprivate func covers(_ model: ModelID, of function: String) -> Bool {
        providers?.contains(model.provider) ?? true && models?.contains(model.model) ?? true
            && functions?.contains(function) ?? true
    }
}

package import FoundationEssentials
import FunctionKit
import StrictYAML

/// Finds, before anything starts, which configured calls could only ever be refused.
package enum SpendingCheck {
    /// Compares what functions are to ask with what is priced and limited.
    ///
    /// A budget whose scope names tenants limits their calls alone; it does not count for a function whose questions
    /// may come without a tenant.
    ///
    /// - Parameters:
    ///   - models: The models that the manifest configures, each with its function.
    ///   - largestCalls: The largest call that each function makes, with the fewest output tokens that it would still ask
    ///     for. A limit must have room for it: else there are questions that no turn of a period ever helps.
    ///   - prices: All prices.
    ///   - budgets: All budgets.
    ///   - instant: Now; nil where no clock is known yet, and a price of any time will do.
    /// - Returns: Each problem once: for the models in their order, then for the budgets' fallback models, then for limits
    ///   that have no room for one call.
    package static func problems(
        models: [(function: String, model: ModelID)], largestCalls: [PaidCall] = [], prices: PriceBook,
        budgets: [Budget], at instant: Date?
    ) -> [SpendingProblem] {
        func isPriced(_ model: ModelID) -> Bool {
            instant.map { prices.price(of: model, at: $0) != nil } ?? prices.all.contains { $0.model == model }
        }
        var problems: [SpendingProblem] = []
        func note(_ problem: SpendingProblem) {
            if !problems.contains(problem) { problems.append(problem) }
        }
        for (function, model) in models {
            if !isPriced(model) { note(.noPrice(model, function: function)) }
            if !budgets.cover(model, of: function, for: nil) { note(.noBudget(model, function: function)) }
        }
        let known = KnownNames(models: models, prices: prices)
        for budget in budgets {
            for problem in known.problems(of: budget) { note(problem) }
            guard case .fallbackModel(let name) = budget.exhausted else { continue }
            let asked = models.filter { budget.scope.covers($0.model, of: $0.function) }
            if let (_, model) = asked.first, asked.allSatisfy({ $0.model.model == name }) {
                note(.fallsBackToItself(model, budget: budget.name))
            }
            for (function, model) in asked {
                // A fallback is asked in the region of the model that it stands in for.
                let fallback = ModelID(provider: model.provider, region: model.region, model: name)
                if !isPriced(fallback) {
                    note(.noFallbackPrice(fallback, budget: budget.name))
                }
                let tenants = budget.scope.tenants.map { $0.sorted().map(Optional.some) } ?? [nil]
                if !tenants.allSatisfy({ budgets.cover(fallback, of: function, for: $0) }) {
                    note(.noFallbackBudget(fallback, function: function, budget: budget.name))
                }
            }
        }
        guard let instant else { return problems }
        for problem in withoutRoom(for: largestCalls, prices: prices, budgets: budgets, at: instant) { note(problem) }
        return problems
    }

    /// The limits that have no room for one call.
    ///
    /// - Parameters:
    ///   - calls: As in ``problems(models:largestCalls:prices:budgets:at:)``.
    ///   - prices: All prices.
    ///   - budgets: The limits.
    ///   - instant: Now.
    /// - Returns: A ``SpendingProblem/noRoomForOneCall(_:function:budget:limit:bound:)`` for each. A tenant's share without
    ///   room is none: those who ask for no tenant have the whole limit.
    package static func withoutRoom(
        for calls: [PaidCall], prices: PriceBook, budgets: [Budget], at instant: Date
    ) -> [SpendingProblem] {
        calls.flatMap { tooSmall(budgets, for: $0, prices, at: instant) }
    }

    /// The budgets whose whole limit is less than one call, or the same call to a fallback model, may cost.
    private static func tooSmall(
        _ budgets: [Budget], for call: PaidCall, _ prices: PriceBook, at instant: Date
    ) -> [SpendingProblem] {
        let function = call.id.function
        let fallbacks = budgets.filter { $0.scope.covers(call.model, of: function) }.compactMap { budget -> ModelID? in
            guard case .fallbackModel(let name) = budget.exhausted else { return nil }
            return ModelID(provider: call.model.provider, region: call.model.region, model: name)
        }
        return ([call.model] + fallbacks).flatMap { model -> [SpendingProblem] in
            // One without a price, or beyond any amount, is refused for that.
            guard let price = prices.price(of: model, at: instant), let bound = try? price.bound(of: call) else {
                return []
            }
            return budgets.filter { $0.scope.covers(model, of: function) && $0.limit < bound }.map {
                .noRoomForOneCall(model, function: function, budget: $0.name, limit: $0.limit, bound: bound)
            }
        }
    }
}

/// What a budget's scope may name, so that a slip of the pen does not leave calls without their limit.
private struct KnownNames {
    let providers: Set<String>
    let models: Set<String>
    let functions: Set<String>

    init(models configured: [(function: String, model: ModelID)], prices: PriceBook) {
        let priced = prices.all.map(\.model)
        providers = Set(priced.map(\.provider))
        models = Set(priced.map(\.model))
        functions = Set(configured.map(\.function))
    }

    func problems(of budget: Budget) -> [SpendingProblem] {
        let scope = budget.scope
        return [
            ("provider", scope.providers, providers), ("model", scope.models, models),
            ("function", scope.functions, functions),
        ].flatMap { key, named, known in
            (named ?? []).subtracting(known).sorted().map { name in
                SpendingProblem.unknownInScope(
                    key: key, name: name, nearest: nearest(to: name, among: known.sorted()), budget: budget.name)
            }
        }
    }
}

/// Why a configured call could only ever be refused, or would escape a limit that was meant for it.
package enum SpendingProblem: Error, Sendable, Hashable {
    /// The model that a function asks has no price in force.
    case noPrice(ModelID, function: String)
    /// No budget covers what a function asks without a tenant.
    case noBudget(ModelID, function: String)
    /// The model that a budget falls back to has no price in force where the configured model runs.
    case noFallbackPrice(ModelID, budget: String)
    /// No budget covers the model that a budget falls back to.
    case noFallbackBudget(ModelID, function: String, budget: String)
    /// The limit of a budget has no room for a single call, which may cost so much.
    case noRoomForOneCall(ModelID, function: String, budget: String, limit: Money, bound: Money)
    /// A budget falls back to the model itself that it has no room for.
    case fallsBackToItself(ModelID, budget: String)
    /// A scope names a provider or model without a price, or a function that asks no model; `nearest` is one that it may
    /// mean.
    case unknownInScope(key: String, name: String, nearest: String?, budget: String)
}

extension SpendingProblem {
    /// What is wrong; for a limit without room, without what to do about it.
    package var explanation: String {
        guard case .noRoomForOneCall(let model, let function, let budget, let limit, let bound) = self else {
            return description
        }
        return
            "the budget \(budget) has a limit of $\(limit), which has no room for one call of \(function) to"
            + " \(model.spelled): it may cost up to $\(bound)"
    }
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
        case .noRoomForOneCall: "\(explanation); raise the limit in budgets"
        case .fallsBackToItself(let model, let budget):
            "the budget \(budget) falls back to \(model.spelled), which is the model that it has no room for; name a cheaper"
                + " one in `fallback-model` in budgets"
        case .unknownInScope(let key, let name, let nearest, let budget):
            "the scope of the budget \(budget) names the \(key) `\(name)`, which "
                + (key == "function" ? "asks no model" : "has no price")
                + (nearest.map { "; did you mean `\($0)`?" } ?? "; change `scope.\(key)` in budgets")
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

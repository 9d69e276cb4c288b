package import Foundation
package import FunctionKit

/// A limit on what is spent in each period.
package struct Budget: Sendable, Hashable {
    /// Its name, which the ledger keeps its counters under.
    package var name: String
    /// The most that is spent and held in one period.
    package var limit: Money
    /// When its periods turn.
    package var rule: PeriodRule
    /// The calls that it limits.
    package var scope: BudgetScope
    /// The most that one tenant may use of the limit in a period, 1 to 100 percent; 100 is all of it.
    ///
    /// So no tenant can use up what is there for all. Calls without a tenant are not held to it.
    package var tenantSharePercent: Int
    /// The percentages of the limit at which people want to know, ascending.
    package var alertsPercent: [Int]
    /// What is done with a question that does not fit.
    package var exhausted: ExhaustedPolicy

    /// Makes a budget.
    package init(
        name: String, limit: Money, rule: PeriodRule, scope: BudgetScope = BudgetScope(),
        tenantSharePercent: Int = 100, alertsPercent: [Int] = [], exhausted: ExhaustedPolicy
    ) {
        self.name = name
        self.limit = limit
        self.rule = rule
        self.scope = scope
        self.tenantSharePercent = tenantSharePercent
        self.alertsPercent = alertsPercent
        self.exhausted = exhausted
    }

    /// The period that an instant belongs to; see ``PeriodRule``.
    package func period(containing instant: Date) -> Period { rule.period(containing: instant) }

    /// Whether the budget limits a call.
    package func covers(_ call: PaidCall) -> Bool { scope.contains(call) }

    /// What one tenant may use of a limit, rounded down to the nano-dollar: 25 % of $0.50 are $0.125.
    ///
    /// - Parameter limit: The limit in force, which an owner may have raised above ``limit``.
    /// - Returns: The share, at most the limit.
    package func tenantShare(of limit: Money) -> Money {
        // In two steps, so that no limit is too large.
        let (hundreds, rest) = limit.nanoUSD.quotientAndRemainder(dividingBy: 100)
        let percent = Int64(tenantSharePercent)
        return Money(nanoUSD: hundreds * percent + rest * percent / 100)
    }
}

/// The calls that a budget limits: those that fit every list.
///
/// A nil list fits all.
package struct BudgetScope: Sendable, Hashable {
    /// Providers, such as `bedrock`.
    package var providers: Set<String>?
    /// Models by their names, in all regions.
    package var models: Set<String>?
    /// Functions.
    package var functions: Set<String>?
    /// Tenants.
    ///
    /// A call without a tenant fits no list.
    package var tenants: Set<String>?

    /// Makes a scope; without arguments, everything.
    package init(
        providers: Set<String>? = nil, models: Set<String>? = nil, functions: Set<String>? = nil,
        tenants: Set<String>? = nil
    ) {
        self.providers = providers
        self.models = models
        self.functions = functions
        self.tenants = tenants
    }

    /// Whether a call fits every list.
    package func contains(_ call: PaidCall) -> Bool {
        contains(call.model, function: call.id.function, tenant: call.tenant)
    }

    /// Whether a call of a function to a model for a tenant fits every list.
    func contains(_ model: ModelID, function: String, tenant: String?) -> Bool {
        providers?.contains(model.provider) ?? true && models?.contains(model.model) ?? true
            && functions?.contains(function) ?? true
            && tenants.map { tenants in tenant.map(tenants.contains) ?? false } ?? true
    }
}

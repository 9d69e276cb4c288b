import Foundation
import FunctionKit
import Spending
import Testing

@Suite("The check before the start")
struct SpendingCheckTests {
    private static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "large")
    private static let small = ModelID(provider: "bedrock", region: "ap-south-1", model: "small")
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func price(_ model: ModelID, from: Date = .distantPast, until: Date? = nil) -> Price {
        Price(
            model: model, from: from, until: until, inputNanoUSDPerToken: 1, outputNanoUSDPerToken: 1,
            bound: TokenBound(nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 0, fixed: 0, because: "a test"),
            source: "a test", read: "2026-11-23")
    }

    private static func budget(
        _ name: String = "daily", scope: BudgetScope = BudgetScope(), exhausted: ExhaustedPolicy = .reject
    ) -> Budget {
        Budget(
            name: name, limit: Money(nanoUSD: 1), rule: PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 0),
            scope: scope, exhausted: exhausted)
    }

    /// All problems but those of names in scopes.
    private static func problems(
        models: [(function: String, model: ModelID)] = [("llm", model)], prices: [Price] = [price(model)],
        budgets: [Budget] = [budget()]
    ) -> [SpendingProblem] {
        SpendingCheck.problems(models: models, prices: PriceBook(prices), budgets: budgets, at: now).filter {
            if case .unknownInScope = $0 { false } else { true }
        }
    }

    @Test("finds nothing where every model is priced and covered")
    func sound() {
        #expect(Self.problems().isEmpty)
        #expect(Self.problems(models: []).isEmpty)
        #expect(
            Self.problems(
                prices: [Self.price(Self.model), Self.price(Self.small)],
                budgets: [Self.budget(exhausted: .fallbackModel("small"))]
            ).isEmpty)
    }

    @Test(
        "finds a limit that has no room for one call, also of a fallback model", arguments: [(1, 2), (10, 1), (11, 0)])
    func noRoomForOneCall(limit: Int64, found: Int) {
        var daily = Self.budget(
            scope: BudgetScope(models: ["large"], tenants: ["acme"]), exhausted: .fallbackModel("small"))
        daily.limit = Money(nanoUSD: 10)
        var all = Self.budget("all")
        all.limit = Money(nanoUSD: limit)
        let call = PaidCall(
            id: CallID(questionID: "", function: "llm", ordinal: 0, digest: ""), model: Self.model, tenant: nil,
            inputBytes: 8, outputTokensMax: 2)
        var dear = Self.price(Self.small)
        dear.outputNanoUSDPerToken = limit == 1 ? 1 : 2
        if limit == 11 { dear.outputNanoUSDPerToken = 1 }
        let problems = SpendingCheck.problems(
            models: [], largestCalls: [call], prices: PriceBook([Self.price(Self.model), dear]), budgets: [daily, all],
            at: Self.now
        ).filter { if case .noRoomForOneCall = $0 { true } else { false } }
        #expect(problems.count == found)
        #expect(problems.allSatisfy { "\($0)".contains("the budget all has a limit of $0.0000000") })
    }

    @Test("a tenant's share without room is nothing that stops a start: others may ask")
    func noRoomInShare() {
        var daily = Self.budget()
        daily.limit = Money(nanoUSD: 99)
        daily.tenantSharePercent = 10
        let call = PaidCall(
            id: CallID(questionID: "", function: "llm", ordinal: 0, digest: ""), model: Self.model, tenant: nil,
            inputBytes: 8, outputTokensMax: 2)
        let problems = SpendingCheck.problems(
            models: [("llm", Self.model)], largestCalls: [call], prices: PriceBook([Self.price(Self.model)]),
            budgets: [daily], at: Self.now)
        #expect(problems.isEmpty)
    }

    @Test("finds a budget that falls back to the model itself, unless it limits others too")
    func fallsBackToItself() {
        let budget = Self.budget(exhausted: .fallbackModel("large"))
        #expect(Self.problems(budgets: [budget]) == [.fallsBackToItself(Self.model, budget: "daily")])
        let both = [("llm", Self.model), ("other", Self.small)]
        #expect(
            Self.problems(models: both, prices: [Self.price(Self.model), Self.price(Self.small)], budgets: [budget])
                .isEmpty)
    }

    @Test("finds a model without a price in force now, and says so once")
    func price() {
        var elsewhere = Self.model
        elsewhere.region = "us-east-1"
        for prices in [
            [], [Self.price(elsewhere)], [Self.price(Self.model, from: Self.now + 1)],
            [Self.price(Self.model, until: Self.now)],
        ] {
            #expect(
                Self.problems(models: [("llm", Self.model), ("llm", Self.model)], prices: prices)
                    == [.noPrice(Self.model, function: "llm")])
        }
        #expect(Self.problems(prices: [Self.price(Self.model, from: Self.now, until: Self.now + 1)]).isEmpty)
    }

    @Test("finds a function's model that no budget covers without a tenant")
    func budget() {
        for scope in [
            BudgetScope(providers: ["other"]), BudgetScope(models: ["small"]), BudgetScope(functions: ["other"]),
            BudgetScope(tenants: ["acme"]),
        ] {
            #expect(
                Self.problems(budgets: [Self.budget(scope: scope)]) == [.noBudget(Self.model, function: "llm")])
            #expect(Self.problems(budgets: [Self.budget(scope: scope), Self.budget("all")]).isEmpty)
        }
        #expect(Self.problems(budgets: []) == [.noBudget(Self.model, function: "llm")])
        let scope = BudgetScope(providers: ["bedrock"], models: ["large"], functions: ["llm"])
        #expect(
            Self.problems(models: [("llm", Self.model), ("rag", Self.model)], budgets: [Self.budget(scope: scope)])
                == [.noBudget(Self.model, function: "rag")])
    }

    @Test("finds a fallback model without a price where the configured model runs")
    func fallbackPrice() {
        var elsewhere = Self.small
        elsewhere.region = "us-east-1"
        let fallback = Self.budget(exhausted: .fallbackModel("small"))
        #expect(
            Self.problems(prices: [Self.price(Self.model), Self.price(elsewhere)], budgets: [fallback])
                == [.noFallbackPrice(Self.small, budget: "daily")])
        // A budget that covers no configured model is never exhausted by one.
        var other = Self.budget("other", scope: BudgetScope(models: ["other"]), exhausted: .fallbackModel("small"))
        #expect(Self.problems(budgets: [Self.budget(), other]).isEmpty)
        // A tenant's budget falls back too.
        other.scope = BudgetScope(tenants: ["acme"])
        #expect(
            Self.problems(budgets: [Self.budget(), other]) == [.noFallbackPrice(Self.small, budget: "other")])
    }

    @Test("finds a fallback model that no budget covers")
    func fallbackBudget() {
        let prices = [Self.price(Self.model), Self.price(Self.small)]
        let large = Self.budget("large", scope: BudgetScope(models: ["large"]), exhausted: .fallbackModel("small"))
        let problem = SpendingProblem.noFallbackBudget(Self.small, function: "llm", budget: "large")
        #expect(Self.problems(prices: prices, budgets: [large]) == [problem])
        let small = Self.budget("small", scope: BudgetScope(models: ["small"]))
        #expect(Self.problems(prices: prices, budgets: [large, small]).isEmpty)
        let acmeSmall = Self.budget("acme", scope: BudgetScope(models: ["small"], tenants: ["acme"]))
        #expect(Self.problems(prices: prices, budgets: [large, acmeSmall]) == [problem])
        // What acme alone falls back from may be covered for acme alone.
        let everything = Self.budget("all", scope: BudgetScope(models: ["large"]))
        var acmeLarge = large
        acmeLarge.scope.tenants = ["acme"]
        #expect(Self.problems(prices: prices, budgets: [everything, acmeLarge, acmeSmall]).isEmpty)
        acmeLarge.scope.tenants = ["acme", "globex"]
        #expect(Self.problems(prices: prices, budgets: [everything, acmeLarge, acmeSmall]) == [problem])
    }

    @Test("finds what a scope names that there is not, so that no limit is off by a slip of the pen")
    func scopes() {
        func problems(_ scope: BudgetScope) -> [SpendingProblem] {
            SpendingCheck.problems(
                models: [("llm", Self.model)], prices: PriceBook([Self.price(Self.model), Self.price(Self.small)]),
                budgets: [Self.budget(), Self.budget("cap", scope: scope)], at: Self.now)
        }
        func unknown(_ key: String, _ name: String, _ nearest: String?) -> SpendingProblem {
            .unknownInScope(key: key, name: name, nearest: nearest, budget: "cap")
        }
        #expect(problems(BudgetScope(models: ["large", "lrge"])) == [unknown("model", "lrge", "large")])
        #expect(problems(BudgetScope(functions: ["lm", "llm"])) == [unknown("function", "lm", "llm")])
        #expect(problems(BudgetScope(providers: ["acmesoft"])) == [unknown("provider", "acmesoft", nil)])
        let known = BudgetScope(
            providers: ["bedrock"], models: ["small"], functions: ["llm"], tenants: ["anybody"])
        #expect(problems(known).isEmpty)
    }

    @Test(
        "says what to do",
        arguments: [
            (
                .noPrice(model, function: "llm"),
                "llm asks large of bedrock in ap-south-1, which has no price in force; add one to budgets/prices,"
                    + " or configure another model"
            ),
            (
                .noBudget(model, function: "llm"),
                "llm asks large of bedrock in ap-south-1, which no budget covers for questions without a tenant;"
                    + " add a budget to budgets, or widen the scope of one"
            ),
            (
                .noFallbackPrice(small, budget: "daily"),
                "the budget daily falls back to small of bedrock in ap-south-1, which has no price in force; add one to"
                    + " budgets/prices, or change `fallback-model` in budgets"
            ),
            (
                .noFallbackBudget(small, function: "llm", budget: "daily"),
                "the budget daily falls back to small of bedrock in ap-south-1 for llm, which no budget covers;"
                    + " add a budget to budgets, or change `fallback-model` there"
            ),
            (
                .unknownInScope(key: "model", name: "lrge", nearest: "large", budget: "cap"),
                "the scope of the budget cap names the model `lrge`, which has no price; did you mean `large`?"
            ),
            (
                .unknownInScope(key: "function", name: "rag", nearest: nil, budget: "cap"),
                "the scope of the budget cap names the function `rag`, which asks no model; change `scope.function` in budgets"
            ),
        ] as [(SpendingProblem, String)])
    func texts(_ problem: SpendingProblem, _ text: String) {
        #expect(problem.description == text)
    }

    @Test("passes the shipped files in both regions")
    func shipped() throws {
        let budgets = try Budget.load(folder: ShippedFilesTests.budgets)
        let prices = try PriceBook.load(folder: "\(ShippedFilesTests.budgets)/prices")
        for region in ["ap-south-1", "us-east-1"] {
            let model = ModelID(provider: "bedrock", region: region, model: "meta.llama3-70b-instruct-v1:0")
            #expect(
                SpendingCheck.problems(
                    models: [("llm-connector", model)], prices: prices, budgets: budgets, at: Self.now
                ).isEmpty)
        }
    }
}

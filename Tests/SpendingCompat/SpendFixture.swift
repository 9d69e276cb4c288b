import FoundationEssentials
package import FunctionKit
package import Spending

/// Prices, budgets and calls with defaults for all that a test is not about.
package enum SpendFixture {
    /// A model with a price.
    package static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "llama")
    /// Another one.
    package static let otherModel = ModelID(provider: "bedrock", region: "ap-south-1", model: "other")

    /// A nano-dollar a token, a token a byte: a call's bound is its bytes and its output tokens.
    package static func price(_ model: ModelID = model, fixed: Int = 0, nano: Int64 = 1) -> Price {
        Price(
            model: model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: nano,
            outputNanoUSDPerToken: nano,
            bound: TokenBound(nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 0, fixed: fixed, because: "a test"),
            source: "a test", read: "2026-11-23")
    }

    /// A budget of 100 nano-dollars a day, in UTC.
    package static func budget(
        _ name: String = "daily", limit: Int64 = 100, length: PeriodRule.Length = .day,
        scope: BudgetScope = BudgetScope(), share: Int = 100, alerts: [Int] = [],
        exhausted: ExhaustedPolicy = .reject
    ) -> Budget {
        Budget(
            name: name, limit: Money(nanoUSD: limit),
            rule: PeriodRule(length: length, timeZone: .gmt, turnsAtMinute: 0), scope: scope,
            tenantSharePercent: share, alertsPercent: alerts, exhausted: exhausted)
    }

    /// A call with a bound of 40 nano-dollars.
    package static func call(
        _ question: String = "q", ordinal: Int = 0, digest: String = "d", model: ModelID = model,
        tenant: String? = nil, bytes: Int = 40, outputMax: Int = 0, outputMin: Int? = nil
    ) -> PaidCall {
        PaidCall(
            id: CallID(questionID: question, function: "llm-connector", ordinal: ordinal, digest: digest), model: model,
            tenant: tenant, inputBytes: bytes, outputTokensMax: outputMax, outputTokensMin: outputMin)
    }

    /// A governor over the fixture's prices.
    package static func governor(
        _ ledger: any SpendLedger, budgets: [Budget] = [budget()], prices: [Price] = [price(), price(otherModel)]
    ) -> CostGovernor {
        CostGovernor(ledger: ledger, prices: PriceBook(prices), budgets: budgets)
    }
}

extension CostGovernor {
    /// The reservation of a call that fits.
    package func held(
        _ call: PaidCall, patience: @Sendable () -> Duration = { .zero }
    ) async throws -> Reservation {
        switch try await reserve(call, patience: patience) {
        case .held(let reservation): return reservation
        default: throw NotHeld()
        }
    }

    /// Pays for a call.
    @discardableResult
    package func pay(_ call: PaidCall, tokens: Int, response: String = "answer") async throws -> Settlement {
        try await settle(
            held(call), usage: TokenUsage(inputTokens: tokens, outputTokens: 0), response: Data(response.utf8))
    }

    /// How a call is answered, as a word; nothing stays held.
    package func outcome(_ call: PaidCall) async throws -> String {
        switch try await reserve(call) {
        case .held(let reservation):
            try await release(reservation)
            return "held"
        case .settled: return "settled"
        case .inFlight: return "in flight"
        case .refused(let refusal): return "refused by \(refusal.budget)"
        }
    }

    /// The refusal of a call that does not fit.
    package func refusal(_ call: PaidCall) async throws -> BudgetRefusal {
        switch try await reserve(call) {
        case .refused(let refusal): return refusal
        default: throw NotRefused()
        }
    }

    /// Charges what nobody will end, as every upkeep does, and claims no alert.
    package func sweep() async throws { _ = try await ledger.claimAlerts({ _ in [] }, claim: .zero) }

    /// What a budget has spent in its present period once upkeep has been, in nano-dollars.
    package func spent(_ budget: Int = 0) async throws -> Int64 {
        try await sweep()
        return try await status()[budget].spent.nanoUSD
    }

    /// What it holds then.
    package func heldAmount(_ budget: Int = 0) async throws -> Int64 {
        try await sweep()
        return try await status()[budget].held.nanoUSD
    }

    /// The words of the journal, in order.
    package func journalKinds() async throws -> [String] {
        try await JournalReplay(of: self).entries.map(\.kind.rawValue)
    }
}

/// A call that was to be held was not.
package struct NotHeld: Error {}

/// A call that was to be refused was not.
package struct NotRefused: Error {}

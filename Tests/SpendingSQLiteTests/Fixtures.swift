import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingSQLite
import Synchronization

/// A clock that a test sets.
final class ManualClock: Sendable {
    private let instant: Mutex<Date>

    init(_ text: String) { instant = Mutex(Spending.instant(text) ?? .distantPast) }

    var now: @Sendable () -> Date { { self.instant.withLock { $0 } } }

    func set(_ text: String) { instant.withLock { $0 = Spending.instant(text) ?? .distantPast } }

    func advance(seconds: Double) { instant.withLock { $0 += seconds } }
}

enum Fixture {
    static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "llama")
    static let otherModel = ModelID(provider: "bedrock", region: "ap-south-1", model: "other")

    /// A nano-dollar a token, a token a byte: a call's bound is its bytes and its output tokens.
    static func price(_ model: ModelID = model, fixed: Int = 0, nano: Int64 = 1) -> Price {
        Price(
            model: model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: nano,
            outputNanoUSDPerToken: nano,
            bound: TokenBound(nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 0, fixed: fixed, because: "a test"),
            source: "a test", read: "2026-11-23")
    }

    static func budget(
        _ name: String = "daily", limit: Int64 = 100, length: PeriodRule.Length = .day,
        scope: BudgetScope = BudgetScope(), exhausted: ExhaustedPolicy = .reject
    ) -> Budget {
        Budget(
            name: name, limit: Money(nanoUSD: limit),
            rule: PeriodRule(length: length, timeZone: .gmt, turnsAtMinute: 0), scope: scope, exhausted: exhausted)
    }

    static func call(
        _ question: String = "q", ordinal: Int = 0, digest: String = "d", model: ModelID = model,
        tenant: String? = nil, bytes: Int = 40, outputMax: Int = 0
    ) -> PaidCall {
        PaidCall(
            id: CallID(questionID: question, function: "llm-connector", ordinal: ordinal, digest: digest), model: model,
            tenant: tenant, inputBytes: bytes, outputTokensMax: outputMax)
    }

    static func governor(
        _ ledger: SQLiteLedger, budgets: [Budget] = [budget()], prices: [Price] = [price(), price(otherModel)]
    ) -> CostGovernor {
        CostGovernor(ledger: ledger, prices: PriceBook(prices), budgets: budgets)
    }

    static func memory(
        _ clock: ManualClock = ManualClock("2026-11-23T10:00:00Z")
    ) throws -> (SQLiteStore, SQLiteLedger) {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        return (store, try SQLiteLedger(store: store, now: clock.now))
    }
}

extension CostGovernor {
    /// The reservation of a call that fits.
    func held(_ call: PaidCall) async throws -> Reservation {
        switch try await reserve(call) {
        case .held(let reservation): return reservation
        default: throw NotHeld()
        }
    }

    /// Pays for a call.
    @discardableResult
    func pay(_ call: PaidCall, tokens: Int, response: String = "answer") async throws -> Settlement {
        try await settle(
            held(call), usage: TokenUsage(inputTokens: tokens, outputTokens: 0), response: Data(response.utf8))
    }

    /// How a call is answered, as a word.
    func outcome(_ call: PaidCall) async throws -> String {
        switch try await reserve(call) {
        case .held(let reservation):
            try await release(reservation)
            return "held"
        case .settled: return "settled"
        case .inFlight: return "in flight"
        case .refused(let refusal): return "refused by \(refusal.budget)"
        }
    }

    func spent(_ budget: Int = 0) async throws -> Int64 { try await status()[budget].spent.nanoUSD }
    func heldAmount(_ budget: Int = 0) async throws -> Int64 { try await status()[budget].held.nanoUSD }
}

struct NotHeld: Error {}

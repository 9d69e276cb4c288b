import Foundation
import FunctionKit
package import Spending

/// A governor on a ledger of its own, and callers that reserve and settle.
package struct GovernedPairs: Sendable {
    /// The governor was in the way of the measurement.
    package struct Refused: Error, CustomStringConvertible {
        /// What to do.
        package let description = "a call was not admitted; the benchmark's budget must have room for all"
    }

    private static let model = ModelID(
        provider: "bedrock", region: "ap-south-1", model: "meta.llama3-70b-instruct-v1:0")
    // The size of a short answer in the service's own JSON.
    private static let response = Data(repeating: UInt8(ascii: "a"), count: 600)

    private let governor: CostGovernor

    /// Callers on an empty ledger.
    package init(ledger: any SpendLedger) {
        let price = Price(
            model: Self.model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 3180,
            outputNanoUSDPerToken: 4200,
            bound: TokenBound(
                nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 8, fixed: 8, because: "as in the price book"),
            source: "the price book", read: "2026-11-23")
        // The shape of the budget in budgets/, with room for all that is measured.
        let budget = Budget(
            name: "daily", limit: Money(nanoUSD: .max / 2),
            rule: PeriodRule(
                length: .day, timeZone: TimeZone(identifier: "Asia/Kolkata") ?? .gmt, turnsAtMinute: 0),
            alertsPercent: [50, 80, 95], exhausted: .answerWithoutModel)
        governor = CostGovernor(
            ledger: ledger, prices: PriceBook([price]), budgets: [budget])
    }

    /// Reserves and settles with some callers at once, each one pair after the other, until the time or the count of
    /// pairs is reached.
    @concurrent
    package func run(callers: Int, for span: Duration = .seconds(3600), pairs: Int = .max) async throws -> PairTimes {
        let start = ContinuousClock.now
        let recorder = PairRecorder()
        try await withThrowingDiscardingTaskGroup { group in
            for caller in 0..<callers {
                let count = pairs == .max ? .max : pairs / callers + (caller < pairs % callers ? 1 : 0)
                group.addTask { try await Self.call(governor, until: start + span, pairs: count, recorder: recorder) }
            }
        }
        return recorder.finish()
    }

    @concurrent
    private static func call(
        _ governor: CostGovernor, until end: ContinuousClock.Instant, pairs: Int, recorder: PairRecorder
    ) async throws {
        let clock = ContinuousClock()
        var done = 0
        while done < pairs, clock.now < end {
            let call = newCall()
            let begun = clock.now
            guard case .held(let reservation) = try await governor.reserve(call) else { throw Refused() }
            let half = clock.now
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: 700, outputTokens: 180), response: response)
            recorder.record(first: begun.duration(to: half), pair: begun.duration(to: clock.now))
            done += 1
        }
    }

    /// A call with a random id, as the front door gives to questions.
    private static func newCall() -> PaidCall {
        let questionID = UUID().uuidString.lowercased()
        let digits = questionID.filter { $0 != "-" }
        return PaidCall(
            id: CallID(questionID: questionID, function: "llm-connector", ordinal: 0, digest: digits + digits),
            model: model, tenant: nil, inputBytes: 2400, outputTokensMax: 512)
    }

    /// The journal's entries, after a check of all counters against them.
    package func verifiedEntries() async throws -> Int {
        let verification = try await governor.verify()
        guard verification.differences.isEmpty else { throw Refused() }
        return verification.entries
    }
}

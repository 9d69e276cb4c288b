import Foundation
import FunctionKit
import Spending

/// Makes many calls at once, each another one, whose worst case is $0.00114, until the money is gone.
struct Race {
    private static let bound = 1_140_000

    let governor: CostGovernor
    let model: ModelID
    let seed: UInt64

    func run(_ calls: Int, concurrency: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<calls {
                if number >= concurrency { try await group.next() }
                group.addTask { try await pay(number) }
            }
            try await group.waitForAll()
        }
    }

    private func pay(_ number: Int) async throws {
        let call = PaidCall(
            id: CallID(questionID: "\(seed)-\(number)", function: "llm-connector", ordinal: 0, digest: "d"),
            model: model,
            tenant: nil, inputBytes: Self.bound, outputTokensMax: 0)
        switch try await governor.reserve(call, patience: { .seconds(60) }) {
        case .held(let reservation):
            // From two thirds of the worst case to all of it.
            let tokens = Self.bound - (number &* 7919 % 100) * Self.bound / 300
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: tokens, outputTokens: 0), response: Data("answer".utf8))
            LedgerCrashHelper.say("paid \(tokens)")
        case .refused: LedgerCrashHelper.say("refused")
        default: LedgerCrashHelper.say("another's")
        }
    }
}

import Foundation
import FunctionKit
import Postgres
import SQLite
import Spending
import SpendingPostgres
import SpendingSQLite

/// Pays for calls on a ledger for ever, until it is killed, or for so many calls.
///
/// `LedgerCrashHelper FOLDER|URL SEED LIMIT` prints `sent ID` when a call is made, and a line when a step is on the disk:
/// `settled ID TOKENS`, `charged ID`, `released ID`; `answered` for a call that was settled before, `refused`, `busy`.
/// With `CALLS CONCURRENCY` behind it, it makes so many calls, each another one, and ends.
@main
enum LedgerCrashHelper {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard [4, 6].contains(arguments.count), let seed = UInt64(arguments[2]), let limit = Money(arguments[3]) else {
            throw CocoaError(.featureUnsupported)
        }
        let ledger = try ledger(at: arguments[1])
        let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "llama")
        let governor = CostGovernor(
            ledger: ledger,
            prices: PriceBook([
                Price(
                    model: model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 1,
                    outputNanoUSDPerToken: 1,
                    bound: TokenBound(
                        nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 0, fixed: 0, because: "a test"),
                    source: "a test", read: "2026-11-23")
            ]),
            budgets: [
                // A month, so that the test does not meet a turn at midnight.
                Budget(
                    name: "monthly", limit: limit,
                    rule: PeriodRule(length: .month, timeZone: .gmt, turnsAtMinute: 0), exhausted: .reject)
            ])
        try await withThrowingTaskGroup { group in
            if let lease = ledger.lease {
                group.addTask {
                    while true {
                        // Leases go by the clock.
                        try await Task.sleep(for: lease / 5)
                        try await ledger.renewLeases()
                    }
                }
            }
            if arguments.count == 6, let calls = Int(arguments[4]), let concurrency = Int(arguments[5]) {
                try await Race(governor: governor, model: model, seed: seed).run(calls, concurrency: concurrency)
                group.cancelAll()
                return
            }
            // Several at once, so that the kill finds several holds and shared commits.
            for worker in 0..<4 {
                group.addTask {
                    try await pay(
                        governor, model: model, questions: UInt64(limit.nanoUSD / 120),
                        seed: seed &* 4 &+ UInt64(worker))
                }
            }
            try await group.next()
        }
    }

    private static func ledger(at location: String) throws -> any SpendLedger {
        guard location.hasPrefix("postgres://") else {
            return try SQLiteLedger(store: .open(folder: location, schemas: [SQLiteLedger.schema]))
        }
        // Short, so that survivors meet the orphans of the dead.
        return PostgresLedger(client: PostgresClient(try PostgresConfiguration(url: location)), lease: .seconds(5))
    }

    private static func pay(
        _ governor: CostGovernor, model: ModelID, questions: UInt64, seed: UInt64
    ) async throws {
        var random = seed
        func next(_ upperBound: UInt64) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % upperBound)
        }
        while true {
            let bytes = 1 + next(1000)
            // Few enough that calls repeat, also over processes: the same one must not be paid again.
            let question = next(questions)
            let call = PaidCall(
                id: CallID(questionID: "\(question)", function: "llm-connector", ordinal: 0, digest: "d"),
                model: model, tenant: nil, inputBytes: bytes, outputTokensMax: 0)
            switch try await governor.reserve(call, patience: { .milliseconds(20) }) {
            case .held(let reservation):
                let id = reservation.holdID
                switch next(4) {
                case 0:
                    try await governor.release(reservation)
                    say("released \(id)")
                case 1:
                    say("sent \(id)")
                    try await governor.chargeInFull(reservation)
                    say("charged \(id)")
                default:
                    say("sent \(id)")
                    // As many as there can be: fewer would be doubted.
                    let fewest = (bytes + 255) / 256
                    let tokens = fewest + next(UInt64(bytes - fewest + 1))
                    _ = try await governor.settle(
                        reservation, usage: TokenUsage(inputTokens: tokens, outputTokens: 0),
                        response: Data("\(question)".utf8))
                    say("settled \(id) \(tokens)")
                }
            case .settled(let settlement):
                // Another call's answer would be worse than none.
                say(settlement.response == Data("\(question)".utf8) ? "answered" : "sent 0")
            case .refused: say("refused")
            case .inFlight: say("busy")
            }
        }
    }

    /// One system call a line, so that lines of several tasks stay whole.
    static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}

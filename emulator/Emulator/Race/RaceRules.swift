import FoundationEssentials
import FunctionKit
package import Spending

/// What a race is about: many callers, one small limit.
package struct RaceRules: Sendable {
    /// The model whose price is raced with.
    static let model = ModelID(
        provider: "bedrock", region: "us-east-1", model: "meta.llama3-70b-instruct-v1:0")
    /// What the upstream says of each answer.
    static let (inputTokens, outputTokens) = (300, 100)
    /// How long the upstream takes for an answer.
    static let latency = Duration.milliseconds(200)

    /// How many calls are tried.
    package var calls: Int
    /// How many at once.
    package var concurrency: Int
    /// The limit.
    package var limit: Money
    /// How many processes share them.
    package var processes: Int

    /// Makes rules.
    package init(calls: Int, concurrency: Int, limit: Money, processes: Int) {
        self.calls = calls
        self.concurrency = concurrency
        self.limit = limit
        self.processes = processes
    }

    /// Reads what a person wrote.
    ///
    /// - Throws: ``RaceProblem`` that says what to write instead.
    package init(calls: Int, concurrency: Int, limit: String, processes: Int) throws(RaceProblem) {
        guard (1...1_000_000).contains(calls) else { throw RaceProblem(description: "--calls takes 1 to 1000000") }
        guard (1...1000).contains(concurrency) else {
            throw RaceProblem(description: "--concurrency takes 1 to 1000")
        }
        guard (1...16).contains(processes), processes <= concurrency else {
            throw RaceProblem(description: "--processes takes 1 to 16, and no more than --concurrency")
        }
        guard let amount = Money(limit), amount > .zero else {
            throw RaceProblem(
                description: "--limit takes US dollars above zero with at most nine decimals, such as 0.50")
        }
        self.init(calls: calls, concurrency: concurrency, limit: amount, processes: processes)
    }

    /// The budget.
    ///
    /// A month, so that the race does not meet a turn at midnight.
    var budget: Budget {
        Budget(
            name: "race", limit: limit, rule: PeriodRule(length: .month, timeZone: .gmt, turnsAtMinute: 0),
            exhausted: .reject)
    }

    /// One process's share of the race, by its number from 0.
    func share(_ process: Int) -> (calls: Range<Int>, concurrency: Int) {
        (
            calls * process / processes..<calls * (process + 1) / processes,
            concurrency * (process + 1) / processes - concurrency * process / processes
        )
    }
}

/// Why a race is not run; the person's arguments are to be written otherwise.
package struct RaceProblem: Error, CustomStringConvertible {
    /// One sentence with what to write instead.
    package let description: String
}

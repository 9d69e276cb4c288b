package import FoundationEssentials
import FunctionKit
package import History
import Synchronization
package import TestSupport

/// Everything that each history must do, as arguments of a history's own test.
///
/// Each rule gets a new history and a clock of its own.
package struct QuestionHistoryCompatTest: Sendable {
    /// One rule: an argument of an implementation's own test.
    package typealias Rule = ConformanceRule<Self>

    /// Every rule.
    package static let rules: [Rule] = states + waiting + keeping

    /// Opens one and the same history once more at each call, as another process would.
    package typealias Openings = @Sendable () async throws -> any QuestionHistory

    private let make: @Sendable (@escaping @Sendable () -> Date) async throws -> Openings

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty history that goes by a clock.
    package init(make: @escaping @Sendable (@escaping @Sendable () -> Date) async throws -> Openings) {
        self.make = make
    }

    /// A new history on a clock.
    func bench(_ seconds: Double = 1_000) async throws -> Bench {
        let clock = Clock(seconds)
        let openings = try await make({ clock.now })
        return Bench(clock: clock, history: try await openings(), another: openings)
    }

    func answer(_ id: String, _ text: String = "Repair, then refund.") -> AnsweredQuestion {
        AnsweredQuestion(
            id: id, question: "What if it breaks? ₹", answer: text,
            citations: [Citation(id: "defective-goods", heading: "Defective goods")],
            passages: [
                Passage(id: "defective-goods", heading: "Defective goods", text: "It may be returned.", score: 6.25),
                Passage(id: "b", heading: "B", text: "Line 1\nLine 2", score: -1.5e-7),
            ], isDegraded: false,
            usage: TokenUsage(inputTokens: 812, outputTokens: 61, cacheReadTokens: 3, cacheWriteTokens: 4),
            costNanoUSD: 2_838_360, model: "llama3")
    }
}

/// What a rule is checked on.
struct Bench {
    let clock: Clock
    let history: any QuestionHistory
    let another: QuestionHistoryCompatTest.Openings
}

/// A clock that a rule sets.
final class Clock: Sendable {
    private let instant: Mutex<Date>

    init(_ seconds: Double) { instant = Mutex(Date(timeIntervalSince1970: seconds)) }

    var now: Date { instant.withLock { $0 } }

    func set(_ seconds: Double) { instant.withLock { $0 = Date(timeIntervalSince1970: seconds) } }
}

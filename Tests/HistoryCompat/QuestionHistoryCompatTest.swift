package import FoundationEssentials
import FunctionKit
package import History
import Synchronization
import Testing

/// Everything that each history must do, so that a history's own test is one line.
///
/// Each rule gets a new history and a clock of its own.
package struct QuestionHistoryCompatTest: Sendable {
    /// Opens one and the same history once more at each call, as another process would.
    package typealias Openings = @Sendable () async throws -> any QuestionHistory

    private let make: @Sendable (@escaping @Sendable () -> Date) async throws -> Openings

    /// Makes a suite.
    ///
    /// - Parameter make: Makes an empty history that goes by a clock.
    package init(make: @escaping @Sendable (@escaping @Sendable () -> Date) async throws -> Openings) {
        self.make = make
    }

    /// Checks every rule.
    package func run() async throws {
        try await checkRoundTrip()
        try await checkStrangeTexts()
        try await checkUnknown()
        try await checkOnce()
        try await checkCrowd()
        for state in [QuestionState.failed, .expired, .refused] { try await checkFinal(state) }
        try await checkAnsweredAfterFailure()
        try await checkEndFirst(isAnswer: true)
        try await checkEndFirst(isAnswer: false)
        try await checkAcceptedTwice()
        try await checkWaiting()
        try await checkReopened()
        try await checkStages()
        try await checkLoneRuns()
        try await checkUnfinished()
        try await checkDegraded()
        try await checkOutcome(isOtherOpening: false)
        try await checkOutcome(isOtherOpening: true)
        try await checkStageAfterOutcome()
        try await checkManyAskers()
        try await checkCancelled()
        try await checkPages()
        try await checkExport()
        try await checkDeletionOfTenant()
        try await checkRetention()
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

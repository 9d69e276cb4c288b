import FoundationEssentials
import FunctionKit
import History
import TestSupport
import Testing

/// Who waits for an outcome.
extension QuestionHistoryCompatTest {
    static let waiting = [
        Rule("an asker of one opening", false, Self.checkOutcome),
        Rule("an asker of another opening", true, Self.checkOutcome),
        Rule("the last stage after the answer", Self.checkStageAfterOutcome),
        Rule("many askers", Self.checkManyAskers),
        Rule("an asker who gives up", Self.checkCancelled),
    ]

    /// An asker gets the outcome that is there, and waits for one that is not.
    func checkOutcome(isOtherOpening: Bool) async throws {
        let bench = try await bench()
        let history = bench.history
        let writer = isOtherOpening ? try await bench.another() : history
        try await history.accept(id: "q", question: "Why?", tenant: nil, expiresAt: nil)
        async let outcome = history.outcome(of: "q")
        async let unknown = history.outcome(of: "not accepted yet")
        #expect(try await writer.store(answer("other")))
        #expect(try await writer.store(answer("q")))
        #expect(try await outcome.answer == answer("q"))
        #expect(try await writer.finish(id: "not accepted yet", state: .expired, reason: "expired", opensAt: nil))
        #expect(try await unknown.state == .expired)
        #expect(try await history.outcome(of: "q").answer == answer("q"))
    }

    /// The last function's time is noted after the answer; who waits for it too is woken by it.
    func checkStageAfterOutcome() async throws {
        let bench = try await bench()
        let (history, writer) = (bench.history, try await bench.another())
        async let complete = history.outcome(of: "q") { !$0.stages.isEmpty }
        #expect(try await writer.store(answer("q")))
        #expect(try await history.outcome(of: "q").stages.isEmpty)
        let run = StageRun(questionID: "q", function: "psql-worker", attempt: 1, milliseconds: 2)
        try await writer.recordStages([run])
        #expect(try await complete.stages == [run])
    }

    /// Each of many askers gets their own answer, also where ids begin alike.
    func checkManyAskers() async throws {
        let bench = try await bench()
        let writer = try await bench.another()
        let ids = (0..<50).map { String(repeating: "ж", count: 300) + "\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    let outcome = try await bench.history.outcome(of: id)
                    #expect(outcome.answer?.id == id)
                }
            }
            for id in ids.reversed() {
                group.addTask {
                    let isStored = try await writer.store(answer(id))
                    #expect(isStored)
                }
            }
            try await group.waitForAll()
        }
    }

    /// An asker who gives up waits no longer.
    func checkCancelled() async throws {
        let history = try await bench().history
        await withThrowingTaskGroup(of: QuestionRecord.self) { group in
            group.addTask { try await history.outcome(of: "q") }
            group.cancelAll()
            let ending = await group.nextResult()
            #expect(throws: CancellationError.self) { try ending?.get() }
        }
        #expect(try await history.store(answer("q")))
        #expect(try await history.outcome(of: "q").state == .answered)
    }
}

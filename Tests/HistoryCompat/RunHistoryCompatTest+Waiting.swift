import FoundationEssentials
import History
import TestSupport
import Testing

/// Who waits for an outcome.
extension RunHistoryCompatTest {
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
        try await history.accept(id: "q", input: input("Why?"), tenant: nil, pipeline: "p", expiresAt: nil)
        async let outcome = history.outcome(of: "q")
        async let unknown = history.outcome(of: "not accepted yet")
        #expect(try await writer.complete("other"))
        #expect(try await writer.complete("q"))
        #expect(try await outcome.output == output())
        #expect(try await writer.finish(id: "not accepted yet", .without(.expired, reason: "expired")))
        #expect(try await unknown.state == .expired)
        #expect(try await history.outcome(of: "q").output == output())
    }

    /// The last function's time is noted after the end; who waits for it too is woken by it.
    func checkStageAfterOutcome() async throws {
        let bench = try await bench()
        let (history, writer) = (bench.history, try await bench.another())
        async let complete = history.outcome(of: "q") { !$0.stages.isEmpty }
        #expect(try await writer.complete("q"))
        #expect(try await history.outcome(of: "q").stages.isEmpty)
        let run = StageRun(runID: "q", function: "psql-worker", attempt: 1, milliseconds: 2)
        try await writer.recordStages([run])
        #expect(try await complete.stages == [run])
    }

    /// Each of many askers gets their own outcome, also where ids begin alike.
    func checkManyAskers() async throws {
        let bench = try await bench()
        let writer = try await bench.another()
        let ids = (0..<50).map { String(repeating: "ж", count: 300) + "\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ids {
                group.addTask {
                    let outcome = try await bench.history.outcome(of: id)
                    #expect(outcome.id == id)
                }
            }
            for id in ids.reversed() {
                group.addTask {
                    let isStored = try await writer.complete(id)
                    #expect(isStored)
                }
            }
            try await group.waitForAll()
        }
    }

    /// An asker who gives up waits no longer.
    func checkCancelled() async throws {
        let history = try await bench().history
        await withThrowingTaskGroup(of: RunRecord.self) { group in
            group.addTask { try await history.outcome(of: "q") }
            group.cancelAll()
            let ending = await group.nextResult()
            #expect(throws: CancellationError.self) { try ending?.get() }
        }
        #expect(try await history.complete("q"))
        #expect(try await history.outcome(of: "q").state == .done)
    }
}

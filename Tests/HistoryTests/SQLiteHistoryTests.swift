import FoundationEssentials
import FunctionKit
import History
import HistorySQLite
import SQLite
import TestSupport
import Testing

@Suite("SQLiteHistory", .timeLimit(.minutes(1)))
struct SQLiteHistoryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func history(now: Date = Date(timeIntervalSince1970: 1_000)) throws -> SQLiteHistory {
        SQLiteHistory(
            store: try SQLiteStore.open(folder: folder.path, schemas: [SQLiteHistory.schema]), now: { now })
    }

    private func answer(_ id: String, _ text: String = "Repair, then refund.") -> AnsweredQuestion {
        AnsweredQuestion(
            id: id, question: "What if it breaks? ₹", answer: text,
            citations: [Citation(id: "defective-goods", heading: "Defective goods")], isDegraded: false,
            usage: TokenUsage(inputTokens: 812, outputTokens: 61), costNanoUSD: 2_838_360, model: "llama3")
    }

    @Test("An answer comes back as it was stored, also after the file is opened again")
    func roundTrip() async throws {
        #expect(try await history().store(answer("q")))
        let record = try #require(try await history().question(id: "q"))
        #expect(record.state == .answered)
        #expect(record.answer == answer("q"))
        #expect(record.question == answer("q").question)
        #expect(record.reason == nil)
        #expect(record.stages.isEmpty)
    }

    @Test("A question that is not known is nil")
    func unknown() async throws {
        #expect(try await history().question(id: "q") == nil)
    }

    @Test("Of many answers to one question exactly one is stored, through two stores on one file")
    func once() async throws {
        let histories = [try history(), try history()]
        let stored = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    try await histories[number % 2].store(answer("q", "\(number)")) ? "\(number)" : nil
                }
            }
            var stored: [String] = []
            for try await case let text? in group { stored.append(text) }
            return stored
        }
        #expect(stored.count == 1)
        #expect(try await histories[0].question(id: "q")?.answer?.answer == stored.first)
    }

    @Test("Answers without the model are counted when and for whom their questions were accepted")
    func degraded() async throws {
        var extract = answer("q")
        extract.isDegraded = true
        for (id, tenant, second) in [("a", nil, 900), ("b", "acme", 1799), ("c", "acme", 1800), ("d", nil, 3600)] {
            let history = try history(now: Date(timeIntervalSince1970: Double(second)))
            try await history.accept(id: id, question: "What?", tenant: tenant, expiresAt: nil)
            extract.id = id
            #expect(try await history.store(extract))
        }
        #expect(try await history(now: Date(timeIntervalSince1970: 900)).store(answer("of the model")))
        let span = Date(timeIntervalSince1970: 900)..<Date(timeIntervalSince1970: 3600)
        let counts = try await history().degradedAnswers(in: span)
        #expect(counts.map(\.quarter.timeIntervalSince1970) == [900, 900, 1800])
        #expect(counts.map(\.tenant) == [nil, "acme", "acme"] && counts.map(\.count) == [1, 1, 1])
    }

    @Test("A final state is never changed", arguments: [QuestionState.failed, .expired, .refused])
    func final(state: QuestionState) async throws {
        let history = try history()
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "lost", question: "Why?", tenant: nil, expiresAt: nil)
        #expect(try await history.finish(id: "lost", state: state, reason: "some-reason", opensAt: opensAt))
        #expect(try await !history.store(answer("lost")))
        #expect(try await !history.finish(id: "lost", state: .failed, reason: "other", opensAt: nil))
        let record = try #require(try await history.question(id: "lost"))
        #expect(record.state == state)
        #expect(record.reason == "some-reason")
        #expect(record.opensAt == opensAt)
        #expect(record.question == "Why?")
        #expect(record.answer == nil)

        #expect(try await history.store(answer("answered")))
        #expect(try await !history.finish(id: "answered", state: state, reason: "late", opensAt: nil))
        #expect(try await history.question(id: "answered")?.answer == answer("answered"))
    }

    @Test("An end that comes before the acceptance stays", arguments: [true, false])
    func endFirst(isAnswer: Bool) async throws {
        let history = try history()
        if isAnswer {
            #expect(try await history.store(answer("q")))
        } else {
            #expect(try await history.finish(id: "q", state: .failed, reason: "undecodable", opensAt: nil))
        }
        try await history.accept(id: "q", question: "Why?", tenant: "t", expiresAt: nil)
        let record = try #require(try await history.question(id: "q"))
        #expect(record.state == (isAnswer ? .answered : .failed))
        #expect(record.question == (isAnswer ? answer("q").question : ""))
    }

    @Test("A question that is accepted twice keeps its first text")
    func acceptedTwice() async throws {
        let history = try history()
        try await history.accept(id: "q", question: "first", tenant: nil, expiresAt: nil)
        try await history.accept(id: "q", question: "second", tenant: nil, expiresAt: nil)
        #expect(try await history.question(id: "q")?.question == "first")
        #expect(try await history.question(id: "q")?.state == .accepted)
    }

    @Test("Stages come in their order, each function once")
    func stages() async throws {
        let history = try history()
        let runs = ["pii-filter", "rag-core", "llm-connector"].enumerated().map {
            StageRun(questionID: "q", function: $1, attempt: $0 + 1, milliseconds: Double($0) + 0.25)
        }
        for run in runs { try await history.recordStage(run) }
        try await history.recordStage(StageRun(questionID: "q", function: "rag-core", attempt: 9, milliseconds: 99))
        try await history.recordStage(StageRun(questionID: "other", function: "a", attempt: 1, milliseconds: 1))
        #expect(try await history.store(answer("q")))
        #expect(try await history.question(id: "q")?.stages == runs)
    }

    @Test("A survived delivery counts once, for later deliveries of the same attempt, through two stores on one file")
    func survivals() async throws {
        let histories = [try history(), try history()]
        func delivery(
            _ priorDeliveries: Int, id: String = "q", function: String = "rag-core", attempt: Int = 1
        ) -> LoneDelivery {
            LoneDelivery(questionID: id, function: function, attempt: attempt, priorDeliveries: priorDeliveries)
        }
        for number in [0, 2, 2, 3] { try await histories[0].noteSurvival(of: delivery(number)) }
        try await histories[1].noteSurvival(of: delivery(2))
        var counts: [Int] = []
        for number in 0...5 { counts.append(try await histories[1].survivals(before: delivery(number))) }
        #expect(counts == [0, 1, 1, 2, 3, 3])
        for other in [delivery(5, id: "p"), delivery(5, function: "pii-filter"), delivery(5, attempt: 2)] {
            #expect(try await histories[1].survivals(before: other) == 0)
        }
        #expect(try await histories[1].question(id: "q") == nil)
    }

    @Test("Only questions that still wait and whose deadline has passed are unfinished")
    func unfinished() async throws {
        let history = try history()
        let (early, late) = (Date(timeIntervalSince1970: 1_500), Date(timeIntervalSince1970: 1_500.001))
        try await history.accept(id: "passed", question: "", tenant: nil, expiresAt: early)
        try await history.accept(id: "not yet", question: "", tenant: nil, expiresAt: late)
        try await history.accept(id: "without", question: "", tenant: nil, expiresAt: nil)
        try await history.accept(id: "answered", question: "", tenant: nil, expiresAt: early)
        #expect(try await history.store(answer("answered")))
        #expect(try await history.unfinished(expiredBefore: early) == ["passed"])
        #expect(
            try await history.counts() == [.accepted: 3, .answered: 1])
    }

    @Test("An asker gets the outcome that is there, and waits for one that is not", arguments: [true, false])
    func outcome(isOtherStore: Bool) async throws {
        let history = try history()
        let writer = isOtherStore ? try self.history() : history
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

    @Test("A question that failed waits again when it is reopened, and keeps any other state")
    func reopened() async throws {
        let history = try history()
        for (id, state) in [("f", QuestionState.failed), ("e", .expired)] {
            #expect(try await history.finish(id: id, state: state, reason: "timeout", opensAt: nil))
            try await history.reopen(id: id)
        }
        #expect(try await history.question(id: "f")?.state == .accepted)
        #expect(try await history.question(id: "f")?.reason == nil)
        #expect(try await history.question(id: "e")?.state == .expired)
        #expect(try await history.store(answer("f")))
        try await history.reopen(id: "f")
        #expect(try await history.outcome(of: "f").answer == answer("f"))
        try await history.reopen(id: "unknown")
        #expect(try await history.question(id: "unknown") == nil)
    }

    @Test("A store in memory wakes its askers too")
    func inMemory() async throws {
        let history = SQLiteHistory(store: try SQLiteStore.inMemory(schemas: [SQLiteHistory.schema]))
        async let outcome = history.outcome(of: "q")
        #expect(try await history.store(answer("q")))
        #expect(try await outcome.state == .answered)
    }

    @Test("An asker who gives up waits no longer")
    func cancelled() async throws {
        let history = try history()
        let asker = Task { try await history.outcome(of: "q") }
        asker.cancel()
        await #expect(throws: CancellationError.self) { try await asker.value }
    }
}

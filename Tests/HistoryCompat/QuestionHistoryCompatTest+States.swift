import FoundationEssentials
import FunctionKit
import History
import TestSupport
import Testing

/// What becomes of a question.
extension QuestionHistoryCompatTest {
    static let states = [
        Rule("an answer comes back as it was stored", Self.checkRoundTrip),
        Rule("any text is kept", Self.checkStrangeTexts),
        Rule("a question that nobody knows", Self.checkUnknown),
        Rule("one answer of many is stored", Self.checkOnce),
        Rule("many at once", Self.checkCrowd),
        Rule("failed is final", .failed, Self.checkFinal),
        Rule("expired is final", .expired, Self.checkFinal),
        Rule("refused is final", .refused, Self.checkFinal),
        Rule("an answer after a failure", Self.checkAnsweredAfterFailure),
        Rule("an answer before the acceptance", true, Self.checkEndFirst),
        Rule("a failure before the acceptance", false, Self.checkEndFirst),
        Rule("accepted twice", Self.checkAcceptedTwice),
        Rule("waiting for a budget", Self.checkWaiting),
        Rule("reopened", Self.checkReopened),
        Rule("stages", Self.checkStages),
        Rule("lone runs", Self.checkLoneRuns),
        Rule("unfinished questions", Self.checkUnfinished),
        Rule("answers without the model", Self.checkDegraded),
    ]

    /// An answer comes back as it was stored, to whoever asks.
    func checkRoundTrip() async throws {
        let bench = try await bench(1_000.25)
        try await bench.history.accept(id: "q", question: "What?", tenant: "acme", expiresAt: nil)
        var record = try #require(try await bench.history.question(id: "q"))
        #expect(record.state == .accepted && record.question == "What?" && record.tenant == "acme")
        #expect(record.answer == nil && record.reason == nil && record.finishedAt == nil)
        bench.clock.set(1_002)
        #expect(try await bench.history.store(answer("q")))
        record = try #require(try await bench.another().question(id: "q"))
        #expect(record.state == .answered && record.answer == answer("q"))
        #expect(record.question == answer("q").question && record.tenant == "acme" && record.reason == nil)
        #expect(record.acceptedAt == Date(timeIntervalSince1970: 1_000.25))
        #expect(record.finishedAt == Date(timeIntervalSince1970: 1_002))
        #expect(record.stages.isEmpty)
        var plain = answer("plain")
        (plain.citations, plain.passages, plain.model, plain.isDegraded) = ([], [], nil, true)
        #expect(try await bench.history.store(plain))
        #expect(try await bench.history.question(id: "plain")?.answer == plain)
    }

    /// Any text is kept; of a zero character, at least that something was there.
    func checkStrangeTexts() async throws {
        let history = try await bench().history
        let texts = [
            "'; DROP TABLE questions; --", "\\u0000 \\ \" \u{1} 👩‍👩‍👧 \u{202E}", "",
            String(repeating: "ॐ", count: 400_000),
        ]
        for (number, text) in texts.enumerated() {
            var strange = answer("\(number) \(text.prefix(300))", text)
            (strange.question, strange.passages[0].text, strange.citations[0].heading) = ("?\(text)", text, text)
            #expect(try await history.store(strange))
            #expect(try await history.question(id: strange.id)?.answer == strange)
            #expect(try await history.outcome(of: strange.id).answer == strange)
        }
        var zero = answer("ze\0ro", "a\0b")
        zero.passages[0].text = "c\0d"
        try await history.accept(id: zero.id, question: "e\0f", tenant: "g\0h", expiresAt: nil)
        #expect(try await history.store(zero))
        let kept = try #require(try await history.question(id: zero.id)?.answer)
        #expect(kept.answer.hasPrefix("a") && kept.answer.hasSuffix("b") && kept.answer.count == 3)
    }

    func checkUnknown() async throws {
        let history = try await bench().history
        #expect(try await history.question(id: "q") == nil)
        #expect(try await history.counts().isEmpty)
        #expect(try await history.questions(after: 0, tenant: nil, atMost: 10).isEmpty)
    }

    /// Of many answers to one question exactly one is stored, whoever brings them.
    func checkOnce() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
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

    /// Many at once, from two sides at the same questions, come to the same end.
    func checkCrowd() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
        let stored = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let (id, history) = ("q\(number / 2 % 200)", histories[number % 2])
                    try await history.accept(id: id, question: "?", tenant: nil, expiresAt: nil)
                    try await history.recordStages(
                        [StageRun(questionID: id, function: "f", attempt: 1, milliseconds: Double(number))])
                    return try await history.store(answer(id, "\(number)")) ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(stored == 200)
        #expect(try await histories[1].counts() == [.answered: 200])
        let page = try await histories[0].questions(after: 0, tenant: nil, atMost: 500)
        #expect(Set(page.map(\.record.id)).count == 200 && page.allSatisfy { $0.record.stages.count == 1 })
    }

    /// A question that failed is answered where its letter comes back, for whoever looks or waits; once, as every question.
    func checkAnsweredAfterFailure() async throws {
        let bench = try await bench()
        let (history, writer) = (bench.history, try await bench.another())
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "q", question: "Why?", tenant: "t", expiresAt: nil)
        #expect(
            try await history.finish(
                id: "q", state: .failed, reason: "timeout", opensAt: opensAt, explanation: "for a person"))
        async let waiting = history.outcome(of: "q") { $0.state == .answered }
        bench.clock.set(1_500)
        let stored = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await [history, writer][number % 2].store(answer("q", "\(number)")) ? "\(number)" : nil
                }
            }
            return try await group.reduce(into: [String]()) { if let text = $1 { $0.append(text) } }
        }
        #expect(stored.count == 1)
        let record = try await waiting
        #expect(record.state == .answered && record.answer?.answer == stored.first)
        #expect(record.reason == nil && record.opensAt == nil && record.explanation == nil && record.tenant == "t")
        #expect(record.finishedAt == Date(timeIntervalSince1970: 1_500))
        #expect(try await history.question(id: "q") == record)
        #expect(try await history.outcome(of: "q") == record)
        // An answer is never changed, nor taken back by a letter that fails again.
        #expect(try await !writer.finish(id: "q", state: .failed, reason: "timeout", opensAt: nil))
        try await writer.reopen(id: "q")
        #expect(try await !writer.store(answer("q", "later")))
        #expect(try await history.question(id: "q") == record)
        #expect(try await history.counts() == [.answered: 1])
    }

    /// A final state is never changed, but for a failure by an answer.
    func checkFinal(_ state: QuestionState) async throws {
        let history = try await bench().history
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "lost", question: "Why?", tenant: nil, expiresAt: nil)
        #expect(try await history.finish(id: "lost", state: state, reason: "some-reason", opensAt: opensAt))
        if state != .failed { #expect(try await !history.store(answer("lost"))) }
        #expect(try await !history.finish(id: "lost", state: .failed, reason: "other", opensAt: nil))
        let record = try #require(try await history.question(id: "lost"))
        #expect(record.state == state && record.reason == "some-reason" && record.opensAt == opensAt)
        #expect(record.question == "Why?" && record.answer == nil)
        #expect(try await history.store(answer("answered")))
        #expect(try await !history.finish(id: "answered", state: state, reason: "late", opensAt: nil))
        #expect(try await history.question(id: "answered")?.answer == answer("answered"))
    }

    /// A question that waits for a budget says so until it has ended; what a budget refused is told since when one likes.
    func checkWaiting() async throws {
        let bench = try await bench()
        let history = bench.history
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "q", question: "Why?", tenant: "t", expiresAt: nil)
        try await history.noteWaiting(id: "q", until: opensAt, explanation: "the budget `a` has no room")
        try await history.noteWaiting(id: "unheard", until: opensAt, explanation: "the budget `b` has no room")
        let record = try #require(try await history.question(id: "q"))
        #expect(record.state == .accepted && record.reason == QuestionRecord.noRoom && record.opensAt == opensAt)
        #expect(record.explanation == "the budget `a` has no room" && record.question == "Why?")
        var counts = try await history.withoutRoom(since: .distantPast)
        #expect(counts == (0, 2))
        #expect(try await history.store(answer("q")))
        let answered = try #require(try await history.question(id: "q"))
        #expect(answered.reason == nil && answered.explanation == nil && answered.opensAt == nil)
        // A message that waits although its question has ended changes nothing.
        try await history.noteWaiting(id: "q", until: opensAt, explanation: "late")
        #expect(try await history.question(id: "q") == answered)
        #expect(
            try await history.finish(
                id: "unheard", state: .refused, reason: QuestionRecord.noRoom, opensAt: opensAt, explanation: "no room")
        )
        #expect(try await history.question(id: "unheard")?.explanation == "no room")
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_000))
        #expect(counts == (1, 0))
        #expect(try await history.finish(id: "b", state: .refused, reason: QuestionRecord.breached, opensAt: nil))
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_000))
        #expect(counts == (2, 0))
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_001))
        #expect(counts == (0, 0))
    }

    /// An end that comes before the acceptance stays, and gets what only the acceptance knows.
    func checkEndFirst(isAnswer: Bool) async throws {
        let history = try await bench().history
        if isAnswer {
            #expect(try await history.store(answer("q")))
        } else {
            #expect(try await history.finish(id: "q", state: .failed, reason: "undecodable", opensAt: nil))
        }
        try await history.accept(id: "q", question: "Why?", tenant: "t", expiresAt: nil)
        let record = try #require(try await history.question(id: "q"))
        #expect(record.state == (isAnswer ? .answered : .failed) && record.tenant == "t")
        #expect(record.question == (isAnswer ? answer("q").question : "Why?"))
    }

    func checkAcceptedTwice() async throws {
        let history = try await bench().history
        try await history.accept(id: "q", question: "first", tenant: "a", expiresAt: nil)
        try await history.accept(id: "q", question: "second", tenant: "b", expiresAt: nil)
        let record = try #require(try await history.question(id: "q"))
        #expect(record.question == "first" && record.tenant == "a" && record.state == .accepted)
    }

    /// A question that failed waits again when it is reopened, and keeps any other state.
    func checkReopened() async throws {
        let history = try await bench().history
        for (id, state) in [("f", QuestionState.failed), ("e", .expired)] {
            #expect(try await history.finish(id: id, state: state, reason: "timeout", opensAt: nil))
            try await history.reopen(id: id)
        }
        let reopened = try #require(try await history.question(id: "f"))
        #expect(reopened.state == .accepted && reopened.reason == nil && reopened.finishedAt == nil)
        #expect(try await history.question(id: "e")?.state == .expired)
        #expect(try await history.store(answer("f")))
        try await history.reopen(id: "f")
        #expect(try await history.outcome(of: "f").answer == answer("f"))
        try await history.reopen(id: "unknown")
        #expect(try await history.question(id: "unknown") == nil)
    }

    /// Stages come in their order, each function once, with or without a question.
    func checkStages() async throws {
        let history = try await bench().history
        let runs = ["pii-filter", "rag-core", "llm-connector"].enumerated().map {
            StageRun(questionID: "q", function: $1, attempt: $0 + 1, milliseconds: Double($0) + 0.25)
        }
        for run in runs { try await history.recordStages([run]) }
        try await history.recordStages([StageRun(questionID: "q", function: "rag-core", attempt: 9, milliseconds: 99)])
        try await history.recordStages([StageRun(questionID: "other", function: "a", attempt: 1, milliseconds: 1)])
        #expect(try await history.store(answer("q")))
        #expect(try await history.question(id: "q")?.stages == runs)
    }

    /// A run counts for its attempt from its start to its end, whoever asks; a second end changes nothing.
    func checkLoneRuns() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
        let runs = (0..<3).map { _ in LoneRun(questionID: "q", function: "rag-core", attempt: 1) }
        for run in runs { try await histories[0].noteStart(of: run) }
        #expect(try await histories[1].runsWithoutEnd(like: runs[0]) == 3)
        for other in [
            LoneRun(questionID: "p", function: "rag-core", attempt: 1),
            LoneRun(questionID: "q", function: "pii-filter", attempt: 1),
            LoneRun(questionID: "q", function: "rag-core", attempt: 2),
        ] {
            try await histories[1].noteEnd(of: other)
            #expect(try await histories[1].runsWithoutEnd(like: other) == 0)
        }
        for _ in 0..<2 {
            try await histories[1].noteEnd(of: runs[1])
            #expect(try await histories[0].runsWithoutEnd(like: runs[1]) == 2)
        }
        #expect(try await histories[1].question(id: "q") == nil)
    }

    /// Only questions that still wait and whose deadline has passed are unfinished.
    func checkUnfinished() async throws {
        let bench = try await bench()
        let history = bench.history
        let (early, late) = (Date(timeIntervalSince1970: 1_500), Date(timeIntervalSince1970: 1_500.001))
        try await history.accept(id: "passed", question: "", tenant: nil, expiresAt: early)
        try await history.accept(id: "not yet", question: "", tenant: nil, expiresAt: late)
        try await history.accept(id: "without", question: "", tenant: nil, expiresAt: nil)
        try await history.accept(id: "answered", question: "", tenant: nil, expiresAt: early)
        #expect(try await history.store(answer("answered")))
        #expect(try await history.overdue().isEmpty)
        bench.clock.set(1_500)
        #expect(try await history.overdue() == ["passed"])
        #expect(try await history.counts() == [.accepted: 3, .answered: 1])
    }

    /// Answers without the model are counted when and for whom their questions were accepted.
    func checkDegraded() async throws {
        let bench = try await bench()
        var extract = answer("q")
        extract.isDegraded = true
        for (id, tenant, second) in [("a", nil, 900.0), ("b", "acme", 1799), ("c", "acme", 1800), ("d", nil, 3600)] {
            bench.clock.set(second)
            try await bench.history.accept(id: id, question: "What?", tenant: tenant, expiresAt: nil)
            extract.id = id
            #expect(try await bench.history.store(extract))
        }
        bench.clock.set(900)
        #expect(try await bench.history.store(answer("of the model")))
        let span = Date(timeIntervalSince1970: 900)..<Date(timeIntervalSince1970: 3600)
        let counts = try await bench.history.degradedAnswers(in: span)
        #expect(counts.map(\.quarter.timeIntervalSince1970) == [900, 900, 1800])
        #expect(counts.map(\.tenant) == [nil, "acme", "acme"] && counts.map(\.count) == [1, 1, 1])
    }
}

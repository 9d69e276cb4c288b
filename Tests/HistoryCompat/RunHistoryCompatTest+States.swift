import FoundationEssentials
import History
import TestSupport
import Testing

/// What becomes of a run.
extension RunHistoryCompatTest {
    static let states = [
        Rule("an output comes back as it was stored", Self.checkRoundTrip),
        Rule("any text is kept", Self.checkStrangeTexts),
        Rule("a run that nobody knows", Self.checkUnknown),
        Rule("one output of many is stored", Self.checkOnce),
        Rule("many at once", Self.checkCrowd),
        Rule("failed is final", .failed, Self.checkFinal),
        Rule("expired is final", .expired, Self.checkFinal),
        Rule("refused is final", .refused, Self.checkFinal),
        Rule("an output after a failure", Self.checkAnsweredAfterFailure),
        Rule("an output before the acceptance", true, Self.checkEndFirst),
        Rule("a failure before the acceptance", false, Self.checkEndFirst),
        Rule("accepted twice", Self.checkAcceptedTwice),
        Rule("waiting for a budget", Self.checkWaiting),
        Rule("reopened", Self.checkReopened),
        Rule("stages", Self.checkStages),
        Rule("lone runs", Self.checkLoneRuns),
        Rule("unfinished runs", Self.checkUnfinished),
        Rule("answers without the model", Self.checkDegraded),
    ]

    /// An output comes back as it was stored, to whoever asks.
    func checkRoundTrip() async throws {
        let bench = try await bench(1_000.25)
        try await bench.history.accept(id: "q", input: input("What?"), tenant: "acme", pipeline: "p", expiresAt: nil)
        var record = try #require(try await bench.history.run(id: "q"))
        #expect(
            record.state == .queued && record.input == input("What?") && record.pipeline == "p"
                && record.tenant == "acme")
        #expect(record.output == nil && record.reason == nil && record.finishedAt == nil && record.costNanoUSD == 0)
        bench.clock.set(1_002)
        #expect(try await bench.history.complete("q"))
        record = try #require(try await bench.another().run(id: "q"))
        #expect(record.state == .done && record.output == output())
        #expect(
            record.input == input("What?") && record.costNanoUSD == 2_838_360 && record.tenant == "acme"
                && record.reason == nil)
        #expect(record.acceptedAt == Date(timeIntervalSince1970: 1_000.25))
        #expect(record.finishedAt == Date(timeIntervalSince1970: 1_002))
        #expect(record.stages.isEmpty)
        // Whatever it is, as it was given.
        for (number, text) in ["5", "null", "\"a\"", "[1, 2.50,  1e400]", "{\"a\":\"\\u0000\"}"].enumerated() {
            let end = RunEnd.done(Data(text.utf8), pipeline: nil, costNanoUSD: .max)
            #expect(try await bench.history.finish(id: "plain \(number)", end))
            let kept = try #require(try await bench.history.run(id: "plain \(number)"))
            #expect(kept.output == Data(text.utf8) && kept.costNanoUSD == .max && kept.pipeline == nil)
        }
    }

    /// Any text is kept; of a zero character, at least that something was there.
    func checkStrangeTexts() async throws {
        let history = try await bench().history
        let texts = [
            "'; DROP TABLE runs; --", "\\u0000 \\ \" \u{1} 👩‍👩‍👧 \u{202E}", "",
            String(repeating: "ॐ", count: 400_000),
        ]
        for (number, text) in texts.enumerated() {
            let id = "\(number) \(text.prefix(300))"
            #expect(try await history.complete(id, text))
            #expect(try await history.run(id: id)?.output == output(text))
            #expect(try await history.outcome(of: id).output == output(text))
        }
        let zero = "ze\0ro"
        try await history.accept(id: zero, input: input("e\0f"), tenant: "g\0h", pipeline: "p", expiresAt: nil)
        #expect(try await history.complete(zero, "a\0b"))
        #expect(try await history.run(id: zero)?.output == output("a\0b"))
    }

    func checkUnknown() async throws {
        let history = try await bench().history
        #expect(try await history.run(id: "q") == nil)
        #expect(try await history.counts().isEmpty)
        #expect(try await history.runs(after: 0, tenant: nil, atMost: 10).isEmpty)
    }

    /// Of many outputs of one run exactly one is stored, whoever brings them.
    func checkOnce() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
        let stored = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<16 {
                group.addTask {
                    try await histories[number % 2].complete("q", "\(number)") ? "\(number)" : nil
                }
            }
            var stored: [String] = []
            for try await case let text? in group { stored.append(text) }
            return stored
        }
        #expect(stored.count == 1)
        #expect(try await histories[0].run(id: "q")?.output == stored.first.map { output($0) })
    }

    /// Many at once, from two sides at the same runs, come to the same end.
    func checkCrowd() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
        let stored = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let (id, history) = ("q\(number / 2 % 200)", histories[number % 2])
                    try await history.accept(id: id, input: input("?"), tenant: nil, pipeline: "p", expiresAt: nil)
                    try await history.recordStages(
                        [StageRun(runID: id, function: "f", attempt: 1, milliseconds: Double(number))])
                    return try await history.complete(id, "\(number)") ? 1 : 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(stored == 200)
        #expect(try await histories[1].counts() == [.done: 200])
        let page = try await histories[0].runs(after: 0, tenant: nil, atMost: 500)
        #expect(Set(page.map(\.record.id)).count == 200 && page.allSatisfy { $0.record.stages.count == 1 })
    }

    /// A run that failed is done where its letter comes back, for whoever looks or waits; once, as every run.
    func checkAnsweredAfterFailure() async throws {
        let bench = try await bench()
        let (history, writer) = (bench.history, try await bench.another())
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "q", input: input("Why?"), tenant: "t", pipeline: "p", expiresAt: nil)
        #expect(
            try await history.finish(
                id: "q", .without(.failed, reason: "timeout", opensAt: opensAt, explanation: "for a person")))
        async let waiting = history.outcome(of: "q") { $0.state == .done }
        bench.clock.set(1_500)
        let stored = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await [history, writer][number % 2].complete("q", "\(number)") ? "\(number)" : nil
                }
            }
            return try await group.reduce(into: [String]()) { if let text = $1 { $0.append(text) } }
        }
        #expect(stored.count == 1)
        let record = try await waiting
        #expect(record.state == .done && record.output == stored.first.map { output($0) })
        #expect(record.reason == nil && record.opensAt == nil && record.explanation == nil && record.tenant == "t")
        #expect(record.finishedAt == Date(timeIntervalSince1970: 1_500))
        #expect(try await history.run(id: "q") == record)
        #expect(try await history.outcome(of: "q") == record)
        // An output is never changed, nor taken back by a letter that fails again.
        #expect(try await !writer.finish(id: "q", .without(.failed, reason: "timeout")))
        try await writer.reopen(id: "q")
        #expect(try await !writer.complete("q", "later"))
        #expect(try await history.run(id: "q") == record)
        #expect(try await history.counts() == [.done: 1])
    }

    /// A final state is never changed, but for a failure by an output.
    func checkFinal(_ state: RunState) async throws {
        let history = try await bench().history
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "lost", input: input("Why?"), tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await history.finish(id: "lost", .without(state, reason: "some-reason", opensAt: opensAt)))
        if state != .failed { #expect(try await !history.complete("lost")) }
        #expect(try await !history.finish(id: "lost", .without(.failed, reason: "other")))
        let record = try #require(try await history.run(id: "lost"))
        #expect(record.state == state && record.reason == "some-reason" && record.opensAt == opensAt)
        #expect(record.input == input("Why?") && record.output == nil)
        #expect(try await history.complete("answered"))
        #expect(try await !history.finish(id: "answered", .without(state, reason: "late")))
        #expect(try await history.run(id: "answered")?.output == output())
    }

    /// A run that waits for a budget says so until it has ended; what a budget refused is told since when one likes.
    func checkWaiting() async throws {
        let bench = try await bench()
        let history = bench.history
        let opensAt = Date(timeIntervalSince1970: 2_000)
        try await history.accept(id: "q", input: input("Why?"), tenant: "t", pipeline: "p", expiresAt: nil)
        try await history.noteWaiting(id: "q", until: opensAt, explanation: "the budget `a` has no room")
        try await history.noteWaiting(id: "unheard", until: opensAt, explanation: "the budget `b` has no room")
        let record = try #require(try await history.run(id: "q"))
        #expect(record.state == .parked && record.reason == RunRecord.noRoom && record.opensAt == opensAt)
        #expect(record.explanation == "the budget `a` has no room" && record.input == input("Why?"))
        var counts = try await history.withoutRoom(since: .distantPast)
        #expect(counts == (0, 2))
        #expect(try await history.complete("q"))
        let answered = try #require(try await history.run(id: "q"))
        #expect(answered.reason == nil && answered.explanation == nil && answered.opensAt == nil)
        // A message that waits although its run has ended changes nothing.
        try await history.noteWaiting(id: "q", until: opensAt, explanation: "late")
        #expect(try await history.run(id: "q") == answered)
        #expect(
            try await history.finish(
                id: "unheard", .without(.refused, reason: RunRecord.noRoom, opensAt: opensAt, explanation: "no room"))
        )
        #expect(try await history.run(id: "unheard")?.explanation == "no room")
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_000))
        #expect(counts == (1, 0))
        #expect(try await history.finish(id: "b", .without(.refused, reason: RunRecord.breached)))
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_000))
        #expect(counts == (2, 0))
        counts = try await history.withoutRoom(since: Date(timeIntervalSince1970: 1_001))
        #expect(counts == (0, 0))
    }

    /// An end that comes before the acceptance stays, and gets what only the acceptance knows.
    func checkEndFirst(isAnswer: Bool) async throws {
        let history = try await bench().history
        if isAnswer {
            #expect(try await history.complete("q"))
        } else {
            #expect(try await history.finish(id: "q", .without(.failed, reason: "undecodable")))
        }
        try await history.accept(id: "q", input: input("Why?"), tenant: "t", pipeline: "p", expiresAt: nil)
        let record = try #require(try await history.run(id: "q"))
        #expect(record.state == (isAnswer ? .done : .failed) && record.tenant == "t")
        #expect(record.input == input("Why?"))
    }

    func checkAcceptedTwice() async throws {
        let history = try await bench().history
        try await history.accept(id: "q", input: input("first"), tenant: "a", pipeline: "p", expiresAt: nil)
        try await history.accept(id: "q", input: input("second"), tenant: "b", pipeline: "p", expiresAt: nil)
        let record = try #require(try await history.run(id: "q"))
        #expect(record.input == input("first") && record.tenant == "a" && record.state == .queued)
    }

    /// A run that failed or was parked waits again when it is reopened, and keeps any other state.
    func checkReopened() async throws {
        let history = try await bench().history
        for (id, state) in [("f", RunState.failed), ("e", .expired)] {
            #expect(try await history.finish(id: id, .without(state, reason: "timeout")))
            try await history.reopen(id: id)
        }
        let reopened = try #require(try await history.run(id: "f"))
        #expect(reopened.state == .queued && reopened.reason == nil && reopened.finishedAt == nil)
        #expect(try await history.run(id: "e")?.state == .expired)
        try await history.noteWaiting(id: "p", until: Date(timeIntervalSince1970: 2_000), explanation: "no room")
        try await history.reopen(id: "p")
        let back = try #require(try await history.run(id: "p"))
        #expect(back.state == .queued && back.reason == nil && back.opensAt == nil && back.explanation == nil)
        #expect(try await history.complete("f"))
        try await history.reopen(id: "f")
        #expect(try await history.outcome(of: "f").output == output())
        try await history.reopen(id: "unknown")
        #expect(try await history.run(id: "unknown") == nil)
    }

    /// Stages come in their order, each function once, with or without a run; the first of them that worked on a queue has it running.
    func checkStages() async throws {
        let history = try await bench().history
        let runs = ["pii-filter", "rag-core", "llm-connector"].enumerated().map {
            StageRun(runID: "q", function: $1, attempt: $0 + 1, milliseconds: Double($0) + 0.25)
        }
        for run in runs { try await history.recordStages([run]) }
        try await history.recordStages([StageRun(runID: "q", function: "rag-core", attempt: 9, milliseconds: 99)])
        try await history.recordStages([StageRun(runID: "other", function: "a", attempt: 1, milliseconds: 1)])
        try await history.accept(id: "q", input: input("?"), tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await history.run(id: "q")?.state == .running)
        try await history.accept(id: "r", input: input("?"), tenant: nil, pipeline: "p", expiresAt: nil)
        try await history.recordStages([StageRun(runID: "r", function: "a", attempt: 1, milliseconds: 1)], atDoor: true)
        #expect(try await history.run(id: "r")?.state == .queued)
        try await history.recordStages([StageRun(runID: "r", function: "b", attempt: 1, milliseconds: 1)])
        #expect(try await history.run(id: "r")?.state == .running)
        #expect(try await history.complete("q"))
        #expect(try await history.run(id: "q")?.stages == runs)
    }

    /// A run counts for its attempt from its start to its end, whoever asks; a second end changes nothing.
    func checkLoneRuns() async throws {
        let bench = try await bench()
        let histories = [bench.history, try await bench.another()]
        let runs = (0..<3).map { _ in LoneRun(runID: "q", function: "rag-core", attempt: 1) }
        for run in runs { try await histories[0].noteStart(of: run) }
        #expect(try await histories[1].runsWithoutEnd(like: runs[0]) == 3)
        for other in [
            LoneRun(runID: "p", function: "rag-core", attempt: 1),
            LoneRun(runID: "q", function: "pii-filter", attempt: 1),
            LoneRun(runID: "q", function: "rag-core", attempt: 2),
        ] {
            try await histories[1].noteEnd(of: other)
            #expect(try await histories[1].runsWithoutEnd(like: other) == 0)
        }
        for _ in 0..<2 {
            try await histories[1].noteEnd(of: runs[1])
            #expect(try await histories[0].runsWithoutEnd(like: runs[1]) == 2)
        }
        #expect(try await histories[1].run(id: "q") == nil)
    }

    /// Only runs that still wait and whose deadline has passed are unfinished.
    func checkUnfinished() async throws {
        let bench = try await bench()
        let history = bench.history
        let (early, late) = (Date(timeIntervalSince1970: 1_500), Date(timeIntervalSince1970: 1_500.001))
        try await history.accept(id: "passed", input: input(""), tenant: nil, pipeline: "p", expiresAt: early)
        try await history.accept(id: "not yet", input: input(""), tenant: nil, pipeline: "p", expiresAt: late)
        try await history.accept(id: "without", input: input(""), tenant: nil, pipeline: "p", expiresAt: nil)
        try await history.accept(id: "answered", input: input(""), tenant: nil, pipeline: "p", expiresAt: early)
        #expect(try await history.complete("answered"))
        #expect(try await history.overdue().isEmpty)
        bench.clock.set(1_500)
        #expect(try await history.overdue() == ["passed"])
        #expect(try await history.counts() == [.queued: 3, .done: 1])
    }

    /// Outputs that say `degraded` are counted when and for whom their messages were accepted.
    func checkDegraded() async throws {
        let bench = try await bench()
        let extract = RunEnd.done(Data(#"{"degraded":true}"#.utf8), pipeline: "p", costNanoUSD: 0)
        for (id, tenant, second) in [("a", nil, 900.0), ("b", "acme", 1799), ("c", "acme", 1800), ("d", nil, 3600)] {
            bench.clock.set(second)
            try await bench.history.accept(
                id: id, input: input("What?"), tenant: tenant, pipeline: "p", expiresAt: nil)
            #expect(try await bench.history.finish(id: id, extract))
        }
        bench.clock.set(900)
        #expect(try await bench.history.complete("of the model"))
        let span = Date(timeIntervalSince1970: 900)..<Date(timeIntervalSince1970: 3600)
        let counts = try await bench.history.degradedRuns(in: span)
        #expect(counts.map(\.quarter.timeIntervalSince1970) == [900, 900, 1800])
        #expect(counts.map(\.tenant) == [nil, "acme", "acme"] && counts.map(\.count) == [1, 1, 1])
    }
}

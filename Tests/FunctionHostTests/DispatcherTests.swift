import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Synchronization
import TestSupport
import Testing

@Suite("A delivery's way", .timeLimit(.minutes(1)))
struct DispatcherTests {
    let queues = FunctionQueues(function: "work")

    @Test("an output goes onward with tenant, trace and expiry, and only then the input is acknowledged")
    func output() async throws {
        let test = try TestHost([registered(next: "last"), registered("last")])
        var headers = MessageHeaders()
        headers.tenant = "t1"
        headers.expiresAt = Date(timeIntervalSince1970: 4_000_000_000)
        try await test.run { [headers] _ in
            try await test.send("q", headers: headers)
            let onward = try #require(await test.broker.message("q", in: "sluice.last"))
            let read = try MessageHeaders(onward.message.headers)
            #expect(read.tenant == "t1")
            #expect(read.expiresAt == headers.expiresAt)
            #expect(read.trace.traceID == headers.trace.traceID)
            #expect(read.attempt == 1)
            #expect(String(decoding: onward.message.body, as: UTF8.self) == #"{"text":"hello"}"#)
            await test.broker.acknowledgement(of: "q", in: "sluice.last")
        }
        let own = test.broker.events.map(\.text).filter {
            ["publish q to sluice.last", "acknowledge q of sluice.work"].contains($0)
        }
        #expect(own == ["publish q to sluice.last", "acknowledge q of sluice.work"])
    }

    @Test("what the functions paid goes along with the question, and is the run's cost")
    func cost() async throws {
        let last = registered("last") { input, context in
            context.charge(nanoUSD: 30)
            return input
        }
        let test = try TestHost([
            registered(next: "last") { input, context in
                context.charge(nanoUSD: 500)
                context.charge(nanoUSD: 7)
                return input
            }, last,
        ])
        try await test.run { _ in
            try await test.send("q")
            let onward = try #require(await test.broker.message("q", in: "sluice.last"))
            #expect(try MessageHeaders(onward.message.headers).costNanoUSD == 507)
            #expect(try await test.history.outcome(of: "q").costNanoUSD == 537)
        }
    }

    @Test("the last output is its run's, before the input is acknowledged")
    func ended() async throws {
        let work = registered { input, _ in Scripted.Input(text: input.text.uppercased()) }
        let test = try TestHost([work])
        try await test.run { _ in
            try await test.history.accept(id: "q", input: Data("{}".utf8), tenant: "t1", pipeline: "p", expiresAt: nil)
            try await test.send("q")
            await test.broker.acknowledgement(of: "q", in: queues.waiting)
            let record = try #require(await test.history.run(id: "q"))
            #expect(record.state == .done)
            #expect(record.output == Data(#"{"text":"HELLO"}"#.utf8))
        }
        #expect(try await test.broker.depth(of: queues.dead).total == 0)
    }

    @Test("a transient error is tried again after a wait, with attempt and reason in the headers, then dead-lettered")
    func transient() async throws {
        let attempts = Mutex<[Int]>([])
        let test = try TestHost([
            registered(attempts: 2) { _, context in
                attempts.withLock { $0.append(context.attempt) }
                throw Glitch()
            }
        ])
        try await test.run { _ in
            try await test.send("q")
            let again = await test.broker.event { ($0.published?.delay ?? .zero) > .zero }
            let read = try MessageHeaders(try #require(again.published).message.headers)
            #expect(again.published?.queue == queues.waiting)
            #expect(read.attempt == 2)
            #expect(read.errorCode == "error")
            #expect(read.failedFunction == "work")
            #expect(read.failedAt != nil)
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == .failed)
            #expect(record.reason == "error")
        }
        #expect(attempts.withLock { $0 } == [1, 2])
        #expect(try await test.broker.depth(of: queues.dead).total == 1)
        #expect(try await test.broker.depth(of: queues.waiting).total == 0)
    }

    @Test("a permanent error and a body that cannot be read are dead-lettered at once", arguments: [true, false])
    func permanent(isReadable: Bool) async throws {
        let test = try TestHost([registered { _, _ in throw FunctionError.permanent("no") }])
        try await test.run { _ in
            let body = Data((isReadable ? #"{"text":"x"}"# : "{").utf8)
            try await test.broker.publish(Message(id: "q", body: body), to: queues.waiting)
            let dead = try #require(await test.broker.message("q", in: queues.dead)).message
            let code = isReadable ? "permanent" : "undecodable"
            let headers = try MessageHeaders(dead.headers)
            #expect(headers.errorCode == code && headers.attempt == 1)
            let why = isReadable ? "no" : "it is no valid JSON in UTF-8, or a number in it does not fit"
            #expect(headers.errorExplanation?.hasSuffix(why) == true)
            #expect(try await test.history.outcome(of: "q").explanation?.hasSuffix(why) == true)
            #expect(MessageHeaders.asFirstAttempt(dead.headers).values.allSatisfy { !$0.hasSuffix(why) })
            #expect(dead.body == body)
            #expect(try await test.history.outcome(of: "q").reason == code)
        }
    }

    @Test("while the history takes nothing, nothing is buried: the message is handed back")
    func historyAway() async throws {
        let test = try TestHost([registered { _, _ in throw FunctionError.permanent("no") }])
        try await test.run { _ in
            try test.loseHistory()
            try await test.send("q")
            _ = await test.broker.event { if case .handedBack("q", queues.waiting) = $0 { true } else { false } }
            #expect(try await test.broker.depth(of: queues.dead).total == 0)
        }
        #expect(try await test.broker.depth(of: queues.dead).total == 0)
    }

    @Test("a message with a problem is dead-lettered with it at once, and its neighbour is worked on")
    func problem() async throws {
        let test = try TestHost([registered()], problems: ["": .idMissing])
        try await test.run { _ in
            let body = Data(#"{"text":"x"}"#.utf8)
            try await test.broker.publish(Message(id: "", body: body, headers: ["other": "x"]), to: queues.waiting)
            try await test.broker.publish(Message(id: "good", body: body), to: queues.waiting)
            let dead = try #require(await test.broker.message("", in: queues.dead)).message
            #expect(try MessageHeaders(dead.headers).errorCode == "id-missing")
            #expect(dead.headers["other"] == "x")
            #expect(dead.body == body)
            #expect(try await test.history.outcome(of: dead.runID).reason == "id-missing")
            await test.broker.acknowledgement(of: "good", in: queues.waiting)
        }
    }

    @Test(
        "an id or a tenant that no store can keep is the message's own fault, at the first attempt",
        arguments: [
            ("a\0b", nil, "id-unusable"), (String(repeating: "x", count: 6_000), nil, "id-unusable"),
            ("", nil, "id-missing"), ("q", "a\0b", "tenant-unusable"), ("q", "", "tenant-unusable"),
            ("q", String(repeating: "x", count: 6_000), "tenant-unusable"),
        ] as [(String, String?, String)])
    func unusable(id: String, tenant: String?, code: String) async throws {
        let test = try TestHost([registered()])
        try await test.run { _ in
            let headers = tenant.map { ["sluice-tenant": $0] } ?? [:]
            let message = Message(id: id, body: Data(#"{"text":"x"}"#.utf8), headers: headers)
            try await test.broker.publish(message, to: queues.waiting)
            try await test.send("good")
            let dead = try #require(await test.broker.message(id, in: queues.dead)).message
            #expect(dead.headers["sluice-error"] == code)
            #expect(dead.headers["sluice-tenant"] == tenant)
            #expect(dead.body == message.body)
            // Its run has a final state under a name that can be stored.
            #expect(try await test.history.outcome(of: message.runID).reason == code)
            #expect(StorableName.isOne(message.runID) && dead.runID == message.runID)
            await test.broker.acknowledgement(of: "good", in: queues.waiting)
        }
    }

    @Test("what others wrote beside a message stays with it, whatever becomes of it")
    func foreignHeaders() async throws {
        let test = try TestHost([registered(attempts: 2) { _, _ in throw Glitch() }])
        try await test.run { _ in
            var message = Message(id: "q", body: Data(#"{"text":"x"}"#.utf8), headers: ["x-other": "theirs"])
            message.origin = Data([1, 2, 3])
            try await test.broker.publish(message, to: queues.waiting)
            let again = try #require(
                await test.broker.event { ($0.published?.delay ?? .zero) > .zero }.published
            ).message
            let dead = try #require(await test.broker.message("q", in: queues.dead)).message
            for copy in [again, dead] {
                #expect(copy.headers["x-other"] == "theirs")
                #expect(copy.origin == message.origin)
                #expect(copy.body == message.body)
            }
            #expect(again.headers["sluice-ended"] == nil && dead.headers["sluice-ended"] == "1")
        }
    }

    @Test("an output that the broker can never carry is dead at once, and its input is kept")
    func tooLarge() async throws {
        let runs = Mutex(0)
        let latch = Latch()
        let test = try TestHost([
            registered(next: "last") { input, _ in
                runs.withLock { $0 += 1 }
                await latch.wait()
                return input
            }, registered("last"),
        ])
        try await test.run { _ in
            try await test.send("q")
            test.broker.failPublishes([.invalidMessage(reason: "its body is over 16777216 bytes long")])
            latch.open()
            #expect(try await test.history.outcome(of: "q").reason == "output-too-large")
            let dead = try #require(await test.broker.message("q", in: queues.dead)).message
            #expect(String(decoding: dead.body, as: UTF8.self) == #"{"text":"hello"}"#)
            await test.broker.acknowledgement(of: "q", in: queues.waiting)
        }
        #expect(runs.withLock { $0 } == 1)
    }

    @Test("a message of a newer version is dead-lettered with its own headers")
    func newerVersion() async throws {
        let test = try TestHost([registered()])
        try await test.run { _ in
            let headers = ["sluice-format": "2", "sluice-attempt": "7", "other": "x"]
            try await test.broker.publish(Message(id: "q", body: Data(), headers: headers), to: queues.waiting)
            let dead = try #require(await test.broker.message("q", in: queues.dead)).message
            #expect(dead.headers.filter { headers[$0.key] != nil } == headers)
            #expect(dead.headers["sluice-error"] == "headers-unreadable")
            #expect(try await test.history.outcome(of: "q").state == .failed)
        }
    }

    @Test(
        "a message that waits for its budget is parked, and taken back once the budget has room",
        arguments: [ExhaustedPolicy.waitUntilReset, .answerWithoutModel])
    func parked(policy: ExhaustedPolicy) async throws {
        let isOpen = Mutex(false)
        let opensAt = Date(timeIntervalSince1970: 4_000_000_000)
        let test = try TestHost(
            [
                registered(next: "last") { input, context in
                    guard isOpen.withLock({ $0 }) else {
                        let refusal = BudgetRefusal(
                            budget: "month", neededNanoUSD: 42, policy: policy, opensAt: opensAt)
                        throw Told(disposition: .budgetExhausted(refusal))
                    }
                    return Scripted.Input(text: "\(context.attempt)")
                }, registered("last"),
            ], hasRoom: { budget, needed in budget == "month" && needed == 42 && isOpen.withLock { $0 } })
        try await test.run { _ in
            try await test.send("q")
            let parked = try MessageHeaders(
                try #require(await test.broker.message("q", in: queues.parked)).message.headers)
            #expect(parked.budget == "month")
            #expect(parked.needed == 42)
            #expect(parked.opensAt == opensAt)
            #expect(parked.attempt == 1)
            // Who asks can see that it waits, and why.
            let record = try #require(try await test.history.run(id: "q"))
            #expect(record.state == .parked && record.reason == RunRecord.noRoom && record.opensAt == opensAt)
            #expect(record.explanation == "the budget `month` has no room for a call")
            isOpen.withLock { $0 = true }
            let onward = try #require(await test.broker.message("q", in: "sluice.last"))
            // The attempt was not used up.
            #expect(String(decoding: onward.message.body, as: UTF8.self) == #"{"text":"1"}"#)
            // And who asks sees that it waits no more.
            let resumed = try #require(try await test.history.run(id: "q"))
            #expect(resumed.state != .parked && resumed.reason == nil && resumed.opensAt == nil)
        }
        #expect(try await test.broker.depth(of: queues.parked).total == 0)
    }

    @Test(
        "a question that no turn of the budget helps is refused without a time to return, whatever the policy",
        arguments: [ExhaustedPolicy.reject, .waitUntilReset, .answerWithoutModel])
    func neverOpens(policy: ExhaustedPolicy) async throws {
        let test = try TestHost([
            registered { _, _ in
                let refusal = BudgetRefusal(budget: "month", cause: .noRoom, policy: policy, opensAt: nil)
                throw Told(disposition: .budgetExhausted(refusal))
            }
        ])
        try await test.run { _ in
            try await test.send("q")
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == .refused && record.opensAt == nil)
        }
        #expect(try await test.broker.depth(of: queues.parked).total == 0)
    }

    @Test("a refused question gets its final state with the time to return")
    func refused() async throws {
        let opensAt = Date(timeIntervalSince1970: 4_000_000_000)
        let test = try TestHost([
            registered { _, _ in
                let refusal = BudgetRefusal(budget: "month", policy: .reject, opensAt: opensAt)
                throw Told(disposition: .budgetExhausted(refusal))
            }
        ])
        try await test.run { _ in
            try await test.send("q")
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == .refused)
            #expect(record.opensAt == opensAt && record.explanation == "the budget `month` has no room for a call")
            await test.broker.acknowledgement(of: "q", in: queues.waiting)
        }
        #expect(try await test.broker.depth(of: queues.dead).total == 0)
    }

    @Test(
        "what a run paid for is its cost also where it has no output",
        arguments: [
            .deadLetter, .retry,
            .budgetExhausted(BudgetRefusal(budget: "month", policy: .reject, opensAt: nil)),
        ] as [Disposition])
    func costWithoutOutput(disposition: Disposition) async throws {
        let test = try TestHost([
            registered(attempts: 2) { _, context in
                // What a call was charged is said anew in each attempt.
                context.charge(nanoUSD: 500)
                throw Told(disposition: disposition)
            }
        ])
        var headers = MessageHeaders()
        headers.costNanoUSD = 30
        try await test.run { [headers] _ in
            try await test.send("q", headers: headers)
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == (disposition.isRefusal ? .refused : .failed) && record.costNanoUSD == 530)
        }
    }

    @Test("a question whose asker's deadline has passed is not worked on")
    func expired() async throws {
        let test = try TestHost([registered { _, _ in throw FunctionError.permanent("it was invoked") }])
        var headers = MessageHeaders()
        headers.expiresAt = Date(timeIntervalSince1970: 1)
        try await test.run { [headers] _ in
            try await test.send("q", headers: headers)
            #expect(try await test.history.outcome(of: "q").state == .expired)
        }
    }

    @Test("a pause uses up no attempt")
    func pause() async throws {
        let attempts = Mutex<[Int]>([])
        let test = try TestHost([
            registered(next: "last", attempts: 1) { input, context in
                let count = attempts.withLock { attempts in
                    attempts.append(context.attempt)
                    return attempts.count
                }
                if count == 1 { throw Told(disposition: .handBack) }
                return input
            }, registered("last"),
        ])
        try await test.run { _ in
            try await test.send("q")
            await test.broker.acknowledgement(of: "q", in: "sluice.last")
        }
        #expect(attempts.withLock { $0 } == [1, 1])
    }

    @Test("while the next queue is full the finished work waits, and is published once there is room")
    func nextIsFull() async throws {
        let invocations = Mutex(0)
        let hold = Latch()
        let test = try TestHost([
            registered(next: "last") { input, _ in
                invocations.withLock { $0 += 1 }
                return input
            },
            registered("last", queueLength: 1) { input, _ in
                await hold.wait()
                return input
            },
        ])
        try await test.run { _ in
            try await test.send("first", to: "last")
            try await test.send("q")
            _ = await test.broker.event { $0.text == "refuse sluice.last" }
            hold.open()
            await test.broker.acknowledgement(of: "q", in: "sluice.last")
        }
        #expect(invocations.withLock { $0 } == 1)
    }

    @Test("with a full queue of its own a message still backs off, and fails for its own reason")
    func ownIsFull() async throws {
        let test = try TestHost([registered(attempts: 2, queueLength: 1) { _, _ in throw Glitch() }])
        try await test.run { _ in
            try await test.send("q")
            let record = try await test.history.outcome(of: "q")
            #expect(record.reason == "error")
        }
        let delayed = test.broker.events.compactMap(\.published).filter { $0.delay > .zero }
        #expect(delayed.map(\.queue) == [queues.alone])
    }

    @Test("a message that was delivered before runs with nobody else")
    func alone() async throws {
        let inside = Mutex((now: 0, most: 0))
        let goodStarted = Latch()
        let release = Latch()
        let test = try TestHost([
            registered { input, _ in
                inside.withLock { inside in
                    inside.now += 1
                    if input.text == "suspect" { inside.most = inside.now }
                }
                if input.text == "good" {
                    goodStarted.open()
                    await release.wait()
                }
                inside.withLock { $0.now -= 1 }
                return input
            }
        ])
        try await test.host.declareQueues()
        try await test.send("s", text: "suspect")
        try await test.deliverAndLose(from: queues.waiting)
        try await test.send("g", text: "good")
        try await test.run { _ in
            await goodStarted.wait()
            _ = await test.broker.message("s", in: queues.alone)
            release.open()
            await test.broker.acknowledgement(of: "s", in: queues.alone)
            await test.broker.acknowledgement(of: "g", in: queues.waiting)
        }
        #expect(inside.withLock { $0.most } == 1)
    }

    @Test("a message that ended its process on each attempt alone is dead-lettered")
    func processDied() async throws {
        let test = try TestHost([registered(attempts: 3) { _, _ in throw FunctionError.permanent("it was invoked") }])
        try await test.host.declareQueues()
        try await test.send("q", alone: true)
        for _ in 0..<3 {
            try await test.deliverAndLose(from: queues.alone)
            try await test.history.noteStart(of: LoneRun(runID: "q", function: "work", attempt: 1))
        }
        try await test.run { _ in
            let record = try await test.history.outcome(of: "q")
            #expect(record.reason == "process-died")
        }
        #expect(try await test.broker.depth(of: queues.dead).total == 1)
    }

    @Test("what is delivered alone again and again, and never began to run, has used up no attempt")
    func neverRan() async throws {
        let test = try TestHost([registered(attempts: 2)])
        try await test.host.declareQueues()
        try await test.send("q", alone: true)
        try await test.deliverAndLose(from: queues.alone, times: 6)
        try await test.run { _ in await test.broker.acknowledgement(of: "q", in: queues.alone) }
        #expect(try await test.broker.depth(of: queues.dead).total == 0)
    }

    @Test("what is taken away where it runs alone has used up no attempt, and that is known as soon as it is seen")
    func lostAlone() async throws {
        let (runs, feed) = AsyncStream.makeStream(of: Latch.self)
        let test = try TestHost([
            registered(attempts: 2) { input, _ in
                let release = Latch()
                feed.yield(release)
                await release.wait()
                return input
            }
        ])
        try await test.run { _ in
            var runs = runs.makeAsyncIterator()
            try await test.send("q", alone: true)
            let any = LoneRun(runID: "q", function: "work", attempt: 1)
            for _ in 0..<6 {
                let release = try #require(await runs.next())
                try await test.runsWithoutEnd(like: any, reach: 1)
                try await test.broker.takeAway("q")
                // While it still runs.
                try await test.runsWithoutEnd(like: any, reach: 0)
                release.open()
            }
            try #require(await runs.next()).open()
            await test.broker.acknowledgement(of: "q", in: queues.alone)
        }
        #expect(try await test.broker.depth(of: queues.dead).total == 0)
    }

    @Test("what the broker takes away while it runs is not published twice", arguments: [false, true])
    func takenAway(isAlone: Bool) async throws {
        let runs = Mutex(0)
        let started = Latch()
        let release = Latch()
        let test = try TestHost([
            registered(next: "after") { input, _ in
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run == 1 {
                    started.open()
                    await release.wait()
                }
                return input
            },
            registered("after") { input, _ in input },
        ])
        try await test.run { _ in
            try await test.send("q", alone: isAlone)
            await started.wait()
            try await test.broker.takeAway("q")
            release.open()
            // The second delivery ends where messages run alone, wherever the first one came from.
            await test.broker.acknowledgement(of: "q", in: queues.alone)
            await test.broker.acknowledgement(of: "q", in: FunctionQueues(function: "after").waiting)
        }
        let published = test.broker.events.compactMap(\.published).map(\.queue)
        #expect(published.filter { $0 == queues.alone }.count == 1)
        #expect(published.filter { $0 == FunctionQueues(function: "after").waiting }.count == 1)
    }

    @Test("a function that throws or never returns does not hold up the next message", arguments: [1, 3])
    func neighbours(concurrency: Int) async throws {
        let release = Latch()
        let test = try TestHost([
            registered(concurrency: concurrency, timeout: .milliseconds(50), attempts: 1) { input, _ in
                if input.text == "wait" { await release.wait() }
                if input.text == "throw" { throw Glitch() }
                return input
            }
        ])
        try await test.run { _ in
            defer { release.open() }
            try await test.send("w", text: "wait")
            try await test.send("t", text: "throw")
            try await test.send("g")
            await test.broker.acknowledgement(of: "g", in: queues.waiting)
            #expect(try await test.history.outcome(of: "w").reason == "timeout")
            #expect(try await test.history.outcome(of: "t").reason == "error")
        }
    }
}

extension Disposition {
    fileprivate var isRefusal: Bool { if case .budgetExhausted = self { true } else { false } }
}

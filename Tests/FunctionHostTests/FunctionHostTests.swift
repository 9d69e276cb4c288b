import FunctionHost
import FunctionKit
import History
import Messaging
import ServiceLifecycleTestKit
import TestSupport
import Testing

@Suite("The drain", .timeLimit(.minutes(1)))
struct FunctionHostTests {
    let queues = FunctionQueues(function: "work")

    @Test("what is under way finishes, and what waits stays in the queue")
    func finishes() async throws {
        let started = Latch()
        let release = Latch()
        let test = try TestHost([
            registered(concurrency: 1) { input, _ in
                started.open()
                await release.wait()
                return input
            }
        ])
        try await test.run { trigger in
            for id in ["a", "b", "c"] { try await test.send(id) }
            await started.wait()
            trigger.triggerGracefulShutdown()
            #expect(test.host.drain.deadline != nil)
            release.open()
        }
        #expect(test.report.value?.finished == 1)
        #expect(try await test.broker.depth(of: queues.waiting) == QueueDepth(ready: 2, delivered: 0, delayed: 0))
    }

    @Test("a broker that goes away between its first and its second answer is waited for")
    func brokerAwayAtStart() async throws {
        let away = BrokerError.unavailable(reason: "a test")
        let test = try TestHost([registered { input, _ in input }])
        try await test.host.declareQueues()
        // Making the queues, and each of the three consumers of a function.
        test.broker.failQueues([away, away, away, away, away])
        try await testGracefulShutdown { trigger in
            async let running: Void = test.host.run()
            try await test.send("a")
            await test.broker.acknowledgement(of: "a", in: queues.waiting)
            trigger.triggerGracefulShutdown()
            try await running
        }
        #expect(test.report.value?.handedBack == 0)
    }

    @Test("queues are made as soon as the broker is back, within the patience that there is", arguments: [true, false])
    func brokerAwayBeforeQueues(isPatient: Bool) async throws {
        let test = try TestHost([registered { input, _ in input }])
        let away = BrokerError.unavailable(reason: "a test")
        test.broker.failQueues([away, away])
        if isPatient {
            try await test.host.declareQueues(patience: .seconds(30))
            try await test.send("a")
        } else {
            await #expect(throws: away) { try await test.host.declareQueues() }
        }
    }

    @Test("a broker that refuses a queue at the start ends the host")
    func queueRefusedAtStart() async throws {
        let test = try TestHost([registered { input, _ in input }])
        try await test.host.declareQueues()
        let refusal = BrokerError.refused(queue: queues.waiting, reason: "a test")
        test.broker.failQueues([refusal])
        await #expect(throws: refusal) { try await test.host.run() }
    }

    @Test(
        "at the deadline, or when it is cut short, the rest is given back with the same attempt",
        arguments: [true, false])
    func cutShort(bySecondSignal: Bool) async throws {
        let started = Latch()
        let release = Latch()
        let test = try TestHost(
            [
                registered(concurrency: 1) { input, _ in
                    started.open()
                    await release.wait()
                    return input
                }
            ], drainTime: bySecondSignal ? .seconds(600) : .milliseconds(50))
        try await test.run { trigger in
            var headers = MessageHeaders()
            headers.attempt = 2
            try await test.send("a", headers: headers)
            try await test.send("b")
            await started.wait()
            trigger.triggerGracefulShutdown()
            if bySecondSignal { test.host.cutShort() }
            _ = await test.broker.event { $0.text == "hand back a of sluice.work" }
            release.open()
        }
        #expect(test.report.value?.finished == 0)
        #expect(test.report.value?.handedBack ?? 0 >= 1)
        #expect(try await test.broker.depth(of: queues.waiting) == QueueDepth(ready: 2, delivered: 0, delayed: 0))
        var left = try await test.broker.consume(queues.waiting, prefetch: 2).makeAsyncIterator()
        let first = try #require(try await left.next())
        #expect(first.message.id == "a")
        #expect(try MessageHeaders(first.message.headers).attempt == 2)
    }

    @Test("nothing is lost, whenever the drain begins", arguments: 0..<10)
    func nothingLost(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let until = Int.random(in: 1...30, using: &generator)
        let test = try TestHost([registered(next: "last"), registered("last")])
        try await test.run { trigger in
            for number in 0..<40 { try await test.send("\(number)") }
            await test.broker.acknowledgement(of: "\(until)", in: queues.waiting)
            trigger.triggerGracefulShutdown()
        }
        // Finished is what left the last function's queues and did not just move to where it runs alone.
        let texts = test.broker.events.map(\.text)
        let acknowledged = texts.count { $0.hasPrefix("acknowledge") && $0.contains(" of sluice.last") }
        let done = acknowledged - texts.count { $0.hasSuffix(" to sluice.last.alone") }
        var left = 0
        for name in ["work", "last"] {
            let queues = FunctionQueues(function: name)
            for queue in [queues.waiting, queues.alone] { left += try await test.broker.depth(of: queue).total }
            #expect(try await test.broker.depth(of: queues.dead).total == 0)
        }
        #expect(done + left == 40)
    }
}

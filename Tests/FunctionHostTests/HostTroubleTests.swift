import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Synchronization
import Testing

@Suite("The host's own trouble", .timeLimit(.minutes(1)))
struct HostTroubleTests {
    let queues = FunctionQueues(function: "work")
    static let trouble = HostTrouble(
        .access, code: "model-rejected", serviceCode: "AccessDeniedException", pause: .milliseconds(100))

    /// How often a function was invoked, and whether it works.
    private final class Switch: Sendable {
        private let state = Mutex((works: false, calls: 0, successes: 0))
        var calls: Int { state.withLock { $0.calls } }
        var successes: Int { state.withLock { $0.successes } }
        func turnOn() { state.withLock { $0.works = true } }
        func call(_ trouble: HostTrouble) throws {
            let works = state.withLock { state in
                state.calls += 1
                state.successes += state.works ? 1 : 0
                return state.works
            }
            guard works else { throw Told(disposition: .hostTrouble(trouble)) }
        }
    }

    @Test("uses up no attempt, however long it lasts, and ends with the first success")
    func noAttempt() async throws {
        let service = Switch()
        let test = try TestHost([
            registered(attempts: 1) { input, context in
                try service.call(Self.trouble)
                #expect(context.attempt == 1)
                return input
            }
        ])
        try await test.run { _ in
            try await test.send("q")
            // More often than it has attempts.
            while service.calls < 4 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(test.host.troubles == ["work": Self.trouble])
            #expect("\(Self.trouble)" == "model-rejected (AccessDeniedException)")
            service.turnOn()
            while !test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await test.broker.depth(of: queues.dead).total == 0)
            #expect(try await test.history.run(id: "q")?.state != .failed)
        }
    }

    @Test("one message at a time is tried with, and the others wait in the queue, undelivered")
    func probes() async throws {
        let service = Switch()
        let test = try TestHost([
            registered(concurrency: 2) { input, _ in
                try service.call(Self.trouble)
                return input
            }
        ])
        try await test.run { _ in
            for number in 0..<30 { try await test.send("q\(number)") }
            while service.calls < 5 { try await Task.sleep(for: .milliseconds(20)) }
            // The first two were taken at once, each of the others after a pause.
            let invoked = service.calls
            let depth = try await test.broker.depth(of: queues.waiting)
            #expect(depth.ready + depth.delayed >= 28, "\(depth)")
            #expect(invoked <= 7)
            service.turnOn()
            while try await test.broker.depth(of: queues.waiting).total > 0 {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(service.successes == 30)
        }
        // None was handed back, which would have it run alone.
        #expect(!test.broker.events.contains { $0.text.hasPrefix("hand back") })
        #expect(try await test.broker.depth(of: queues.alone).total == 0)
    }

    @Test("a question that nobody waits for any more ends all the same")
    func expiry() async throws {
        let test = try TestHost([
            registered { _, _ in throw Told(disposition: .hostTrouble(Self.trouble)) }
        ])
        var headers = MessageHeaders()
        headers.expiresAt = Date.now.addingTimeInterval(2)
        try await test.run { [headers] _ in
            try await test.send("q", headers: headers)
            #expect(try await test.history.outcome(of: "q").state == .expired)
        }
    }

    @Test("an output that the history does not take in time uses up no attempt and is stored when it does")
    func slowHistory() async throws {
        let test = try TestHost(
            [registered(timeout: .milliseconds(300), attempts: 1)], historyBefore: SilentHistory.init)
        let history = try #require(test.history as? SilentHistory)
        try await test.run { _ in
            defer { history.speak() }
            try await test.send("q")
            while test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(test.host.troubles["work"]?.code == "history-slow")
            #expect(try await test.broker.depth(of: queues.dead).total == 0)
            history.speak()
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == .done && record.output == Data(#"{"text":"hello"}"#.utf8))
            #expect(try await test.broker.depth(of: queues.dead).total == 0)
        }
    }

    @Test("ends with a budget's no as well: ledger and price were there", arguments: [true, false])
    func budgetSaysNo(waits: Bool) async throws {
        let service = Switch()
        let refusal = BudgetRefusal(
            budget: "daily", policy: waits ? .waitUntilReset : .reject,
            opensAt: Date(timeIntervalSince1970: 4_000_000_000))
        let test = try TestHost([
            registered { _, context in
                _ = context.nextCallOrdinal()
                try service.call(Self.trouble)
                throw Told(disposition: .budgetExhausted(refusal))
            }
        ])
        try await test.run { _ in
            try await test.send("q")
            while test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            service.turnOn()
            while !test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("other functions go on")
    func others() async throws {
        let test = try TestHost([
            registered { _, _ in throw Told(disposition: .hostTrouble(Self.trouble)) },
            registered("other") { input, _ in input },
        ])
        try await test.run { _ in
            try await test.send("q")
            while test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            try await test.send("o", to: "other")
            await test.broker.acknowledgement(of: "o", in: FunctionQueues(function: "other").waiting)
            #expect(Array(test.host.troubles.keys) == ["work"])
        }
    }

    @Test("a host in trouble drains at once")
    func drain() async throws {
        var long = Self.trouble
        long.pause = .seconds(600)
        let test = try TestHost([registered { [long] _, _ in throw Told(disposition: .hostTrouble(long)) }])
        let start = ContinuousClock.now
        try await test.run { _ in
            try await test.send("q")
            while test.host.troubles.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test(
        "a model that cost too much is waited for, or refuses without an hour to return",
        arguments: [ExhaustedPolicy.reject, .waitUntilReset, .answerWithoutModel])
    func breach(policy: ExhaustedPolicy) async throws {
        let refusal = BudgetRefusal(
            budget: "daily", cause: .breached, policy: policy, opensAt: Date(timeIntervalSince1970: 4_000_000_000))
        let test = try TestHost([registered { _, _ in throw Told(disposition: .budgetExhausted(refusal)) }])
        try await test.run { _ in
            try await test.send("q")
            guard policy == .reject else {
                while test.host.troubles["work"]?.kind != .breach { try await Task.sleep(for: .milliseconds(10)) }
                #expect(try await test.broker.depth(of: queues.parked).total == 0)
                return
            }
            let record = try await test.history.outcome(of: "q")
            #expect(record.state == .refused && record.reason == "model-bound-breached" && record.opensAt == nil)
        }
    }
}

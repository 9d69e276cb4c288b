import ECS
import ECSStandIn
import InMemoryLogging
import Logging
import MetricsTestKit
import ServiceLifecycleTestKit
import Testing

@Suite("The keeper of the task's protection", .timeLimit(.minutes(1)))
struct ProtectionKeeperTests {
    /// Runs a keeper beside a body, and ends it.
    private func run<C: Clock>(
        _ agent: Agent, log: InMemoryLogHandler = InMemoryLogHandler(), metrics: TestMetrics = TestMetrics(),
        clock: C = ContinuousClock(), _ body: @Sendable (AsyncStream<Bool>.Continuation) async throws -> Void
    ) async throws where C.Instant == ContinuousClock.Instant {
        let (changes, feed) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let keeper = ProtectionKeeper(
            protection: TaskProtection(agentURL: agent.agentURL, client: agent.client), changes: changes,
            metrics: metrics, clock: clock, logger: Logger(label: "test", factory: { _ in log }))
        try await testGracefulShutdown { trigger in
            async let running: Void = keeper.run()
            do { try await body(feed) } catch {
                trigger.triggerGracefulShutdown()
                await running
                throw error
            }
            trigger.triggerGracefulShutdown()
            await running
        }
    }

    /// Waits until the keeper has read an answer: the end cuts off what is still asked.
    private func confirmed(_ value: Double, _ metrics: TestMetrics) async {
        while (try? metrics.expectMeter("ecs.task_protected"))?.lastValue != value { await Task.yield() }
    }

    @Test("protects while calls are under way, and removes the protection at the end")
    func life() async throws {
        try await Agent.run { agent in
            let metrics = TestMetrics()
            try await run(agent, metrics: metrics) { feed in
                feed.yield(true)
                #expect(await agent.request() == .init(isEnabled: true, minutes: 10))
                await confirmed(1, metrics)
            }
            #expect(agent.standIn.requests.map(\.isEnabled) == [true, false])
            #expect(try metrics.expectMeter("ecs.task_protected").values == [1, 0])
        }
    }

    @Test("asks again at half of the protection's time, for as long as calls go on")
    func renews() async throws {
        try await Agent.run { agent in
            let (clock, metrics) = (SteppedClock(), TestMetrics())
            try await run(agent, metrics: metrics, clock: clock) { feed in
                feed.yield(true)
                let protects = ECSStandIn.ProtectionRequest(isEnabled: true, minutes: 10)
                #expect(await agent.request() == protects)
                var renewal = try #require(await clock.nextSleeper())
                for _ in 0..<3 {
                    #expect(renewal - clock.now == .seconds(300))
                    clock.advance(to: renewal)
                    #expect(await agent.request() == protects)
                    renewal = try #require(await clock.nextSleeper())
                }
                feed.yield(false)
                let end = try #require(await clock.nextSleeper())
                #expect(end - clock.now == .seconds(5))
                clock.advance(to: end)
                #expect(await agent.request() == .init(isEnabled: false, minutes: nil))
                await confirmed(0, metrics)
            }
            #expect(agent.standIn.requests.count == 5)
        }
    }

    @Test("removes the protection some seconds after the last call")
    func lingers() async throws {
        try await Agent.run { agent in
            let metrics = TestMetrics()
            try await run(agent, metrics: metrics) { feed in
                feed.yield(true)
                _ = await agent.request()
                feed.yield(false)
                #expect(await agent.request() == .init(isEnabled: false, minutes: nil))
                await confirmed(0, metrics)
            }
            #expect(agent.standIn.requests.count == 2)
        }
    }

    @Test("asks for nothing where no call is made")
    func idle() async throws {
        try await Agent.run { agent in
            try await run(agent) { _ in }
            #expect(agent.standIn.requests.isEmpty)
        }
    }

    @Test("tries a refusal again, and tells of it once and when it is over")
    func refused() async throws {
        try await Agent.run { agent in
            let log = InMemoryLogHandler()
            agent.standIn.faults = [
                .refuse(reason: "TASK_NOT_VALID"), .fail(status: 500, code: "ServerException"),
            ]
            let metrics = TestMetrics()
            try await run(agent, log: log, metrics: metrics) { feed in
                feed.yield(true)
                for _ in 0..<3 { #expect(await agent.request()?.isEnabled == true) }
                await confirmed(1, metrics)
            }
            #expect(
                log.entries.map(\.message.description) == [
                    "task protection cannot be changed", "task protection works again",
                ])
            #expect(log.entries.first?.metadata["error"] == "ECS refused: TASK_NOT_VALID")
        }
    }

    @Test("ends within its time where the agent does not answer")
    func stalled() async throws {
        try await Agent.run { agent in
            agent.standIn.faults = [.stall, .stall]
            let clock = ContinuousClock.now
            try await run(agent) { feed in
                feed.yield(true)
                _ = await agent.request()
            }
            #expect(.now - clock < .seconds(4))
        }
    }
}

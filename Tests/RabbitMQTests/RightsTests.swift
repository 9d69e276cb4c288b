import InMemoryLogging
import Logging
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

@Suite("Rights that RabbitMQ takes away", .timeLimit(.minutes(2)))
struct RightsTests {
    private static let specifications = [
        QueueSpecification(name: "sluice.f", lengthMax: 50, delays: [.milliseconds(500)], deadLetters: "sluice.f.dead"),
        QueueSpecification(name: "sluice.f.dead", lengthMax: 500),
    ]

    /// A broker whose rights a test changes.
    private struct Scene {
        let fixture: RabbitMQFixture
        let broker: RabbitMQBroker
        let log: InMemoryLogHandler

        init(port: Int? = nil, idle: Duration = .seconds(2)) async throws {
            let log = InMemoryLogHandler()
            self.log = log
            fixture = try await RabbitMQFixture()
            broker = try await fixture.broker(
                port: port, idleConsumerMax: idle, logger: Logger(label: "test", factory: { _ in log }))
            try await broker.declare(RightsTests.specifications)
        }

        func allow(configure: String = ".*", write: String = ".*", read: String = ".*") async throws {
            _ = try await fixture.server.api(
                "PUT", "permissions/\(fixture.vhost)/\(RabbitMQServer.user)",
                body: #"{"configure":"\#(configure)","write":"\#(write)","read":"\#(read)"}"#)
        }

        /// What was logged so loud.
        func lines(_ levels: [Logger.Level]) -> [String] {
            log.entries.filter { levels.contains($0.level) }.map { "\($0.message)" }
        }
    }

    @Test("that to publish: each publish is surely not stored, and it is said once when it begins and when it ends")
    func write() async throws {
        let scene = try await Scene(idle: .seconds(30))
        try await scene.allow(write: "^$")
        // RabbitMQ keeps a right in mind until the channel sleeps, after a second without work or a few, and tells nobody.
        try await Task.sleep(for: .seconds(5))
        let broker = scene.broker
        let ends: [BrokerError?] = await withTaskGroup(of: BrokerError?.self) { group in
            for number in 0..<5 {
                group.addTask {
                    await #expect(throws: BrokerError.self) {
                        try await broker.publish(Message("\(number)"), to: "sluice.f")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // Of those that went out together RabbitMQ may have taken the first; the last it has surely not.
        let refusals = ends.compactMap { end -> String? in
            if case .refused("sluice.f", let reason)? = end { reason } else { nil }
        }
        let reason = try #require(refusals.first)
        #expect(reason.contains("amq.default") && reason.contains("give the user the right to write"), "\(reason)")
        #expect(ends.allSatisfy { $0?.isUnconfirmed == true || $0?.isRefused == true }, "\(ends)")
        #expect(scene.broker.state == .mayNotPublish(reason: reason))
        for _ in 0..<20 {
            await #expect(throws: BrokerError.refused(queue: "sluice.f", reason: reason)) {
                try await scene.broker.publish(Message("b"), to: "sluice.f")
            }
        }
        // What it holds is still counted and given.
        #expect(try await scene.broker.depth(of: "sluice.f").ready == 0)
        #expect(scene.lines([.warning, .error]) == ["broker does not let this user publish"])
        try await scene.allow()
        await scene.broker.wait { $0 == .ready }
        try await scene.broker.publish(Message("c"), to: "sluice.f")
        #expect(try await scene.broker.depth(of: "sluice.f").ready == 1)
        #expect(scene.lines([.notice]) == ["broker lets this user publish again"])
        await scene.broker.close()
    }

    @Test("that to publish, while nobody publishes: it is seen all the same")
    func writeWhileIdle() async throws {
        let scene = try await Scene()
        try await scene.allow(write: "^$")
        await scene.broker.wait { if case .mayNotPublish = $0 { true } else { false } }
        try await scene.allow()
        await scene.broker.wait { $0 == .ready }
        #expect(try await scene.broker.depth(of: "sluice.f").total == 0)
        await scene.broker.close()
    }

    @Test("that to consume: the state names queue and right, and the consumers come back by themselves")
    func read() async throws {
        let scene = try await Scene()
        let stream = try await scene.broker.consume("sluice.f", prefetch: 1)
        let other = try await scene.broker.consume("sluice.f.dead", prefetch: 1)
        try await scene.allow(read: "^$")
        await scene.broker.wait { state in
            guard case .queueRefused(let reason) = state else { return false }
            return reason.contains("the queue sluice.f") && reason.contains("give the user the right to read it")
        }
        // Others may well give what it publishes.
        try await scene.broker.publish(Message("a"), to: "sluice.f")
        #expect(scene.lines([.warning, .error]) == ["broker refuses a queue; it is asked for again"])
        try await scene.allow()
        await scene.broker.wait { $0 == .ready }
        var deliveries = stream.makeAsyncIterator()
        #expect(try await deliveries.next()?.message.id == "a")
        #expect(scene.lines([.notice]) == ["broker refuses no queue any more"])
        withExtendedLifetime(other) {}
        await scene.broker.close()
    }

    @Test("that to make queues: it is named when the queues are declared again, and tried until it is given")
    func configure() async throws {
        let server = try await RabbitMQServer.shared()
        let proxy = try LoopbackProxy(to: server.port)
        let scene = try await Scene(port: proxy.port)
        try await scene.allow(configure: "^$")
        proxy.cut()
        await scene.broker.wait { state in
            if case .queueRefused(let reason) = state { reason.contains("right to configure") } else { false }
        }
        #expect(scene.lines([.error]) == ["broker refuses a queue; it is asked for again"])
        try await scene.allow()
        await scene.broker.wait { $0 == .ready }
        await scene.broker.close()
        proxy.close()
    }

    @Test("a limit of queues that is reached while it runs is named to whoever publishes, and by the state")
    func maxQueues() async throws {
        let scene = try await Scene()
        let (server, vhost) = (scene.fixture.server, scene.fixture.vhost)
        _ = try await server.api("PUT", "vhost-limits/\(vhost)/max-queues", body: #"{"value":2}"#)
        _ = try await server.api("DELETE", "queues/\(vhost)/sluice.f")
        let error = await #expect(throws: BrokerError.self) {
            try await scene.broker.publish(Message("a"), to: "sluice.f")
        }
        #expect(error?.description.contains("the limit max-queues of the virtual host is reached") == true)
        await scene.broker.wait { state in
            if case .queueRefused(let reason) = state { reason.contains("max-queues") } else { false }
        }
        _ = try await server.api("DELETE", "vhost-limits/\(vhost)/max-queues")
        await scene.broker.wait { $0 == .ready }
        try await scene.broker.publish(Message("a"), to: "sluice.f")
        await scene.broker.close()
    }
}

extension BrokerError {
    fileprivate var isRefused: Bool { if case .refused = self { true } else { false } }
    fileprivate var isUnconfirmed: Bool { if case .unconfirmed = self { true } else { false } }
}

import FoundationEssentials
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

/// What breaks, and comes back by itself.
@Suite("RabbitMQ that fails", .serialized, .timeLimit(.minutes(3)))
struct FailureTests {
    private static let specifications = [
        QueueSpecification(name: "questions", lengthMax: 10_000, delays: [.milliseconds(200)], deadLetters: "dead"),
        QueueSpecification(name: "dead", lengthMax: 10_000),
    ]

    /// A broker with queues, a delivery in hand and one more message.
    private struct Scene {
        let broker: RabbitMQBroker
        let stream: DeliveryStream
        let held: Delivery

        init(_ fixture: RabbitMQFixture, port: Int? = nil, heartbeatSeconds: Int = 10) async throws {
            broker = try await fixture.broker(port: port, heartbeatSeconds: heartbeatSeconds)
            try await broker.declare(FailureTests.specifications)
            try await broker.publish(Message("held"), to: "questions")
            try await broker.publish(Message("waiting"), to: "questions")
            stream = try await broker.consume("questions", prefetch: 1)
            held = try await #require(FailureTests.next(stream))
        }

        /// All is as before, but that what was in hand is delivered again.
        func expectBack() async throws {
            await broker.wait { $0 == .ready }
            #expect(!broker.holds(held))
            await #expect(throws: BrokerError.staleDelivery) { try await broker.acknowledge(held) }
            var seen: [String] = []
            for _ in 0..<2 {
                let delivery = try #require(try await FailureTests.next(stream))
                seen.append(delivery.message.id)
                #expect(delivery.priorDeliveries == (delivery.message.id == "held" ? 1 : 0))
                try await broker.acknowledge(delivery)
            }
            // In whichever order: the queue may hear of the new consumer before it hears that the old one is gone.
            #expect(seen.sorted() == ["held", "waiting"])
            try await broker.publish(Message("after"), to: "questions", after: .milliseconds(200))
            let delivery = try #require(try await FailureTests.next(stream))
            #expect(delivery.message.id == "after")
            try await broker.acknowledge(delivery)
            await broker.close()
        }
    }

    private static func next(_ stream: DeliveryStream) async throws -> Delivery? {
        var deliveries = stream.makeAsyncIterator()
        return try await deliveries.next()
    }

    private func fixture() async throws -> RabbitMQFixture { try await RabbitMQFixture(FragileServer.server) }

    @Test("A killed server loses nothing, and is found again")
    func killed() async throws {
        let fixture = try await fixture()
        let scene = try await Scene(fixture)
        try await fixture.server.die()
        await scene.broker.wait { if case .away = $0 { true } else { false } }
        let start = ContinuousClock.now
        await expectUnavailable { try await scene.broker.publish(Message("lost"), to: "questions") }
        await expectUnavailable { _ = try await scene.broker.depth(of: "questions") }
        await expectUnavailable { _ = try await scene.broker.consume("questions", prefetch: 1) }
        #expect(ContinuousClock.now - start < .seconds(1))
        // Who starts meanwhile waits for it.
        async let late = fixture.broker(patience: .seconds(120))
        try await fixture.server.start()
        try await scene.expectBack()
        let found = try await late
        #expect(found.state == .ready)
        await found.close()
    }

    @Test(
        "Queues that were made just before the server was killed have no leader then, and serve again all the same",
        arguments: [false, true])
    func killedAfterMaking(isMadeAgain: Bool) async throws {
        let fixture = try await fixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let stream = try await broker.consume("questions", prefetch: 1)
        if isMadeAgain {
            try await fixture.deleteQueues()
            try await Self.publishOnceTaken("before", to: "questions", broker)
        }
        try await fixture.server.die()
        try await fixture.server.start()
        await broker.wait { $0 == .ready }
        for delay in [Duration.zero, .milliseconds(200)] {
            try await Self.publishOnceTaken("after", to: "questions", after: delay, broker)
        }
        try await Self.publishOnceTaken("letter", to: "dead", broker)
        var seen = 0
        while seen < 2 {
            let delivery = try #require(try await Self.next(stream))
            // What the server confirmed in that half second, it may have lost.
            if delivery.message.id == "after" { seen += 1 }
            try await broker.acknowledge(delivery)
        }
        // Those that nobody used meanwhile, too.
        await broker.wait { $0 == .ready }
        // And they stay so. RabbitMQ saves their names each half second, and tells nobody.
        try await Task.sleep(for: .seconds(2))
        try await fixture.server.die()
        try await fixture.server.start()
        await broker.wait { $0 == .ready }
        try await Self.publishOnceTaken("later", to: "dead", broker)
        #expect(try await broker.depth(of: "dead").ready == 2)
        await broker.close()
    }

    @Test("A queue without a leader to which is only published is told from a full one, and named until it is gone")
    func leaderlessDeadLetters() async throws {
        let fixture = try await fixture()
        let maker = try await fixture.broker()
        try await maker.declare(Self.specifications)
        await maker.close()
        // RabbitMQ saves the names of queues each half second, and tells nobody. One that is deleted and made again at once
        // is surely not saved when the server is killed.
        try await Task.sleep(for: .seconds(2))
        try await fixture.deleteQueues()
        let again = try await fixture.broker()
        try await again.declare(Self.specifications)
        try await fixture.server.die()
        await again.close()
        try await fixture.server.start()
        let broker = try await fixture.broker(patience: .seconds(120))
        try await broker.declare(Self.specifications)
        await #expect(throws: BrokerError.queueFull(queue: "dead")) {
            while true {
                do throws(BrokerError) {
                    return try await broker.publish(Message("letter"), to: "dead")
                } catch {
                    if case .queueFull = error { throw error }
                    // It is not there yet.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
        await broker.wait {
            if case .queueRefused(let reason) = $0 { reason.contains("leader") } else { false }
        }
        try await fixture.deleteQueues()
        try await Self.publishOnceTaken("letter", to: "dead", broker)
        await broker.wait { $0 == .ready }
        await broker.close()
    }

    /// Publishes as soon as the queue takes it.
    private static func publishOnceTaken(
        _ id: String, to queue: String, after delay: Duration = .zero, _ broker: RabbitMQBroker
    ) async throws {
        while true {
            do throws(BrokerError) {
                return try await broker.publish(Message(id), to: queue, after: delay)
            } catch {
                // Nothing tells that it does.
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    @Test("A publish that nobody waits for any longer says whether it was sent")
    func givenUp() async throws {
        let fixture = try await fixture()
        let proxy = try LoopbackProxy(to: fixture.server.port)
        let broker = try await fixture.broker(port: proxy.port)
        try await broker.declare(Self.specifications)
        proxy.hold()
        let sent = Task { try await broker.publish(Message("sent"), to: "questions") }
        // More than sockets and proxy take.
        let large = Message(id: "large", body: Data(repeating: 0x20, count: 16 << 20))
        let stuck = Task { try await broker.publish(large, to: "questions") }
        let waiting = Task { try await broker.publish(Message("waiting"), to: "questions") }
        // Nothing tells how far the bytes came.
        try await Task.sleep(for: .milliseconds(300))
        for task in [sent, stuck, waiting] { task.cancel() }
        await expectUnconfirmed { try await sent.value }
        await expectUnconfirmed { try await stuck.value }
        await expectUnavailable { try await waiting.value }
        proxy.release()
        // The connection goes on, and what was sent is there.
        try await broker.publish(Message("after"), to: "questions")
        #expect(try await broker.browse("questions", limit: 10).map(\.id) == ["sent", "large", "after"])
        await broker.close()
        proxy.close()
    }

    @Test("A body over the broker's max_message_size is refused for good, and no neighbour with it")
    func maxMessageSize() async throws {
        let fixture = try await fixture()
        try await fixture.server.control("eval", "application:set_env(rabbit, max_message_size, 100000).")
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        for round in 0..<2 {
            async let neighbour: Void = Self.publish("neighbour \(round)", broker)
            await #expect(
                throws: BrokerError.invalidMessage(
                    reason: "its body is over 100000 bytes long, which is the broker's max_message_size")
            ) {
                try await broker.publish(Message(id: "large", body: Data(count: 100_001)), to: "questions")
            }
            try await neighbour
        }
        try await Self.publish("fits", broker)
        #expect(Set(try await broker.browse("questions", limit: 10).map(\.id)).count == 3)
        try await fixture.server.control("eval", "application:set_env(rabbit, max_message_size, 134217728).")
        await broker.close()
    }

    @Test("A frozen server is noticed by its missing heartbeats, and close does not wait for it")
    func frozen() async throws {
        let fixture = try await fixture()
        let scene = try await Scene(fixture, heartbeatSeconds: 1)
        let other = try await fixture.broker(heartbeatSeconds: 1)
        fixture.server.freeze()
        // It is on its way when the connection is given up.
        await expectUnconfirmed { try await scene.broker.publish(Message("unknown"), to: "dead") }
        await scene.broker.wait { if case .away = $0 { true } else { false } }
        let start = ContinuousClock.now
        await expectUnavailable { try await scene.broker.publish(Message("lost"), to: "questions") }
        await other.close()
        #expect(ContinuousClock.now - start < .seconds(5))
        fixture.server.thaw()
        try await scene.expectBack()
    }

    @Test("A reset connection is made again")
    func reset() async throws {
        let fixture = try await fixture()
        let proxy = try LoopbackProxy(to: fixture.server.port)
        let scene = try await Scene(fixture, port: proxy.port)
        // From before the cut on, because the connection may be back before anybody looks.
        let states = scene.broker.states()
        proxy.cut()
        for await state in states where state != .ready { break }
        try await scene.expectBack()
        proxy.close()
    }

    @Test("A half-open connection is noticed and made again, with publishes under way")
    func halfOpen() async throws {
        let fixture = try await fixture()
        let proxy = try LoopbackProxy(to: fixture.server.port)
        let scene = try await Scene(fixture, port: proxy.port, heartbeatSeconds: 1)
        proxy.hold()
        await expectUnconfirmed { try await scene.broker.publish(Message("unknown"), to: "dead") }
        await scene.broker.wait { if case .away = $0 { true } else { false } }
        proxy.cut()
        proxy.release()
        try await scene.expectBack()
        proxy.close()
    }

    @Test("Connections that an operator closes are made again")
    func closedByOperator() async throws {
        let fixture = try await fixture()
        let scene = try await Scene(fixture)
        let states = scene.broker.states()
        try await fixture.server.control(
            "close_all_connections", "--vhost", fixture.vhost, "the operator says so")
        for await case .away(let reason) in states {
            #expect(reason.contains("the operator says so"))
            break
        }
        try await scene.expectBack()
    }

    @Test("A deleted queue is made again, and its consumer goes on")
    func queueDeleted() async throws {
        let fixture = try await fixture()
        let scene = try await Scene(fixture)
        _ = try await fixture.server.api("DELETE", "queues/\(fixture.vhost)/questions")
        async let next = Self.next(scene.stream)
        // Until the queue is back.
        while true {
            do {
                try await scene.broker.publish(Message("new"), to: "questions")
                break
            } catch BrokerError.unknownQueue { try await Task.sleep(for: .milliseconds(20)) }
        }
        let delivery = try #require(try await next)
        #expect(delivery.message.id == "new")
        await #expect(throws: BrokerError.staleDelivery) { try await scene.broker.acknowledge(scene.held) }
        try await scene.broker.acknowledge(delivery)
        #expect(scene.broker.state == .ready)
        await scene.broker.close()
    }

    @Test("While an alarm is set publishes wait, and acknowledgements and heartbeats go on")
    func alarm() async throws {
        let fixture = try await fixture()
        let broker = try await fixture.broker(heartbeatSeconds: 1)
        try await broker.declare(Self.specifications)
        for number in 0..<100 { try await broker.publish(Message("\(number)"), to: "questions") }
        let stream = try await broker.consume("questions", prefetch: 10)
        try await fixture.server.control("set_vm_memory_high_watermark", "absolute", "1MB")
        // The broker blocks whoever publishes; what it has read it keeps, and confirms later.
        let large = Message(id: "large", body: Data(repeating: 0x20, count: 8 << 20))
        async let published: Void = withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { try await broker.publish(Message("blocked \(number)"), to: "dead") }
            }
            group.addTask { try await broker.publish(large, to: "dead") }
            try await group.waitForAll()
        }
        await broker.wait { if case .blocked(let reason) = $0 { reason.contains("memory") } else { false } }
        let watch = Task {
            // Ended below, and awaited there.
            for await state in broker.states() {
                if case .away = state { return false }
            }
            return true
        }
        for number in 0..<100 {
            let delivery = try #require(try await Self.next(stream))
            #expect(delivery.message.id == "\(number)")
            try await broker.acknowledge(delivery)
        }
        while try await broker.depth(of: "questions").total > 0 { try await Task.sleep(for: .milliseconds(10)) }
        // Longer than the broker waits for a heartbeat, and this side too.
        try await Task.sleep(for: .seconds(4))
        guard case .blocked = broker.state else {
            Issue.record("the state is \(broker.state)")
            return
        }
        try await fixture.server.control("set_vm_memory_high_watermark", "0.4")
        await broker.wait { $0 == .ready }
        try await published
        #expect(try await broker.depth(of: "dead").ready == 51)
        watch.cancel()
        #expect(await watch.value, "the connection was lost meanwhile")
        await broker.close()
    }

    @Test("Whatever breaks, what was confirmed is there and nothing else is missing")
    func campaign() async throws {
        let fixture = try await fixture()
        let proxy = try LoopbackProxy(to: fixture.server.port)
        let broker = try await fixture.broker(port: proxy.port)
        try await broker.declare(Self.specifications)
        let total = 2_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { publishers in
                    for publisher in 0..<20 {
                        publishers.addTask {
                            for number in 0..<total / 20 { try await Self.publish("\(publisher)/\(number)", broker) }
                        }
                    }
                    try await publishers.waitForAll()
                }
            }
            group.addTask {
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(150))
                    proxy.cut()
                }
            }
            let stream = try await broker.consume("questions", prefetch: 20)
            var seen: Set<String> = []
            while seen.count < total, let delivery = try await Self.next(stream) {
                // Its acknowledgement may be lost with the connection; then it comes again.
                do { try await broker.acknowledge(delivery) } catch BrokerError.staleDelivery { continue }
                seen.insert(delivery.message.id)
            }
            #expect(seen.count == total)
            try await group.waitForAll()
        }
        await broker.close()
        proxy.close()
    }

    /// Publishes until it is confirmed.
    private static func publish(_ id: String, _ broker: RabbitMQBroker) async throws {
        while true {
            do {
                return try await broker.publish(Message(id), to: "questions")
            } catch BrokerError.unavailable, BrokerError.unconfirmed {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// Nobody knows whether what was on its way has arrived.
    private func expectUnconfirmed(_ body: () async throws -> Void) async {
        let error = await #expect(throws: BrokerError.self) { try await body() }
        guard case .unconfirmed = error else {
            Issue.record("a lost confirm is answered with \(String(describing: error))")
            return
        }
    }

    private func expectUnavailable(_ body: () async throws -> Void) async {
        let error = await #expect(throws: BrokerError.self) { try await body() }
        guard case .unavailable = error else {
            Issue.record("a lost broker answers with \(String(describing: error))")
            return
        }
    }
}

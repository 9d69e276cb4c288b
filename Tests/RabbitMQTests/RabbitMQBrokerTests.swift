import FoundationEssentials
import Logging
import Messaging
import MessagingCompat
import RabbitMQ
import RabbitMQServer
import Synchronization
import TestSupport
import Testing

@Suite("RabbitMQBroker", .timeLimit(.minutes(5)))
struct RabbitMQBrokerTests {
    @Test("Does all that a broker must do", arguments: MessageBrokerCompatTest.rules)
    func compat(rule: MessageBrokerCompatTest.Rule) async throws {
        let server = try await RabbitMQServer.shared()
        let current = Mutex<RabbitMQFixture?>(nil)
        let fixture: @Sendable () throws -> RabbitMQFixture = { try #require(current.withLock { $0 }) }
        let suite = MessageBrokerCompatTest(
            reopen: { _ in
                let broker = try await fixture().broker()
                try await broker.declare([
                    QueueSpecification(
                        name: "questions", lengthMax: 10_000, delays: [.milliseconds(400), .milliseconds(100)])
                ])
                return broker
            },
            die: { _, count in
                let proxy = try LoopbackProxy(to: server.port)
                let other = try await fixture().broker(port: proxy.port)
                try await other.declare([
                    QueueSpecification(
                        name: "questions", lengthMax: 10_000, delays: [.milliseconds(400), .milliseconds(100)])
                ])
                let stream = try await other.consume("questions", prefetch: count)
                for _ in 0..<count {
                    var deliveries = stream.makeAsyncIterator()
                    _ = try await deliveries.next()
                }
                // As when the machine of its owner is gone.
                proxy.close()
                await other.close()
            },
            delays: [.milliseconds(400), .milliseconds(100)],
            habits: [.deliversAhead, .limitsRoughly, .keepsLimits, .countsLate],
            make: {
                let fixture = try await RabbitMQFixture(server)
                current.withLock { $0 = fixture }
                return try await fixture.broker()
            }
        )
        try await rule.check(suite)
    }

    @Test("A stream that nobody has any more gives back what it kept ready")
    func droppedStream() async throws {
        let broker = try await RabbitMQFixture().broker()
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 100)])
        for id in ["a", "b", "c"] { try await broker.publish(Message(id), to: "questions") }
        var held: Delivery?
        do {
            var deliveries = try await broker.consume("questions", prefetch: 100).makeAsyncIterator()
            held = try await deliveries.next()
        }
        var deliveries = try await broker.consume("questions", prefetch: 100).makeAsyncIterator()
        var seen: Set<String> = []
        for _ in 0..<2 { seen.insert(try #require(try await deliveries.next()).message.id) }
        #expect(seen == ["b", "c"])
        // What was asked for is still in hand.
        try await broker.acknowledge(try #require(held))
        await broker.close()
    }

    @Test("Queues that another host has declared can be used, and those that nobody has are unknown")
    func othersQueues() async throws {
        let fixture = try await RabbitMQFixture()
        let (host, tool) = (try await fixture.broker(), try await fixture.broker())
        try await host.declare([QueueSpecification(name: "questions", lengthMax: 100)])
        try await tool.publish(Message("a"), to: "questions")
        #expect(try await tool.depth(of: "questions").ready == 1)
        var deliveries = try await tool.consume("questions", prefetch: 1).makeAsyncIterator()
        #expect(try await deliveries.next()?.message.id == "a")
        await #expect(throws: BrokerError.unknownQueue("other")) { try await tool.publish(Message("a"), to: "other") }
        await tool.close()
        await host.close()
    }

    private struct Interruption: Error {}

    @Test("Messages can be looked at more often than they may be delivered, and taken one by one")
    func walks() async throws {
        let broker = try await RabbitMQFixture().broker()
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 1_000)])
        #expect(try await broker.browse("questions", limit: 10).isEmpty)
        let ids = (0..<40).map(String.init)
        for id in ids { try await broker.publish(Message(id), to: "questions") }
        for round in 0..<25 {
            // Not in their order: RabbitMQ may not have put all of them back when the next look begins.
            let seen = try await broker.browse("questions", limit: 100).map(\.id)
            #expect(seen.count == ids.count && Set(seen) == Set(ids), "in round \(round)")
        }
        #expect(try await broker.browse("questions", limit: 2).count == 2)
        try await broker.walk("questions", limit: 100) { $0.id != "3" }
        var left = Set(try await broker.browse("questions", limit: 100).map(\.id))
        #expect(left == Set(ids.filter { $0 != "3" }))
        // What could not be decided on is kept.
        await #expect(throws: Interruption.self) {
            try await broker.walk("questions", limit: 100) { message in
                guard message.id != "5" else { throw Interruption() }
                left.remove(message.id)
                return false
            }
        }
        #expect(left.contains("5"))
        #expect(Set(try await broker.browse("questions", limit: 100).map(\.id)) == left)
        try await broker.walk("questions", limit: 100) { _ in false }
        #expect(try await broker.browse("questions", limit: 100).isEmpty)
        await #expect(throws: BrokerError.unknownQueue("other")) { try await broker.browse("other", limit: 1) }
        await broker.close()
        await #expect(throws: BrokerError.self) { try await broker.browse("questions", limit: 1) }
    }

    @Test("A message that RabbitMQ itself moved to the dead letters says why, however often it is looked at")
    func deliveryLimit() async throws {
        let fixture = try await RabbitMQFixture()
        let specifications = [
            QueueSpecification(name: "questions", lengthMax: 100, delays: [.milliseconds(10)], deadLetters: "dead"),
            QueueSpecification(name: "dead", lengthMax: 100),
        ]
        let broker = try await fixture.broker()
        try await broker.declare(specifications)
        // Its delay ends first, which is no reason.
        try await broker.publish(Message("a"), to: "questions", after: .milliseconds(10))
        for number in 0...20 {
            // A consumer that dies with it.
            let host = try await fixture.broker()
            try await host.declare(specifications)
            var deliveries = try await host.consume("questions", prefetch: 1).makeAsyncIterator()
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.priorDeliveries == number)
            #expect(delivery.message == Message("a"))
            await host.close()
        }
        var deliveries = try await broker.consume("dead", prefetch: 1).makeAsyncIterator()
        let dead = try #require(try await deliveries.next())
        try await broker.handBack(dead)
        for _ in 0..<25 {
            let letters = try await broker.browse("dead", limit: 10)
            #expect(letters.allSatisfy { $0.headers == [Message.moveReasonHeader: "delivery-limit"] })
        }
        await broker.close()
    }
}

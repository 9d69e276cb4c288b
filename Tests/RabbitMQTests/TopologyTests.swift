import FoundationEssentials
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

@Suite("RabbitMQ's queues", .timeLimit(.minutes(5)))
struct TopologyTests {
    /// An argument as the management API gives it.
    private enum Argument: Decodable, Hashable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            self =
                if let number = try? value.decode(Int.self) { .number(number) } else {
                    .text(try value.decode(String.self))
                }
        }
    }

    private struct Queue: Decodable {
        let name: String
        let type: String
        let durable: Bool
        let arguments: [String: Argument]
    }

    private static let specifications = [
        QueueSpecification(
            name: "sluice.f", lengthMax: 50, delays: [.seconds(1), .milliseconds(500)], deadLetters: "sluice.f.dead"),
        QueueSpecification(name: "sluice.f.dead", lengthMax: 500),
    ]

    private static func arguments(
        _ lengthMax: Int, deadLetters: String?, ttl: Int? = nil
    ) -> [String: Argument] {
        var arguments: [String: Argument] = [
            "x-queue-type": .text("quorum"), "x-overflow": .text("reject-publish"), "x-max-length": .number(lengthMax),
            "x-delivery-limit": .number(20),
        ]
        if let deadLetters {
            arguments["x-dead-letter-strategy"] = .text("at-least-once")
            arguments["x-dead-letter-exchange"] = .text("")
            arguments["x-dead-letter-routing-key"] = .text(deadLetters)
        }
        arguments["x-message-ttl"] = ttl.map(Argument.number)
        return arguments
    }

    @Test("Each is there with its arguments, and to ask for it again changes nothing")
    func arguments() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        for _ in 0..<2 { try await broker.declare(Self.specifications) }
        let queues = try JSONDecoder().decode(
            [Queue].self, from: try await fixture.server.api("GET", "queues/\(fixture.vhost)"))
        let found = Dictionary(uniqueKeysWithValues: queues.map { ($0.name, $0.arguments) })
        #expect(
            found == [
                "sluice.f": Self.arguments(50, deadLetters: "sluice.f.dead"),
                "sluice.f.delay.1000": Self.arguments(50, deadLetters: "sluice.f", ttl: 1_000),
                "sluice.f.delay.500": Self.arguments(50, deadLetters: "sluice.f", ttl: 500),
                "sluice.f.dead": Self.arguments(500, deadLetters: "sluice.f.dead.undelivered"),
                "sluice.f.dead.undelivered": Self.arguments(500, deadLetters: nil),
            ])
        #expect(queues.allSatisfy { $0.durable && $0.type == "quorum" })
        await broker.close()
    }

    @Test("One that exists with other arguments is one error that names both")
    func mismatch() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        var others = Self.specifications
        others[0].lengthMax = 51
        let error = await #expect(throws: BrokerError.self) { try await broker.declare(others) }
        let text = try #require(error).description
        #expect(
            text.hasPrefix(
                "the queue sluice.f exists with other arguments; delete it once it is empty, or set them back"))
        #expect(text.contains("'x-max-length'") && text.contains("'50'") && text.contains("'51'"))
        #expect(!text.contains("\n"))
        // The connection is none the worse.
        try await broker.declare(Self.specifications)
        await broker.close()
    }

    @Test("A message whose consumers die with it 21 times ends in the dead letters, whole")
    func deliveryLimit() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let message = Message(id: "killer", body: Data(#"{"kills":true}"#.utf8), headers: ["sluice-attempt": "3"])
        try await broker.publish(message, to: "sluice.f")
        let proxy = try LoopbackProxy(to: fixture.server.port)
        let victim = try await fixture.broker(port: proxy.port)
        try await victim.declare(Self.specifications)
        var deliveries = try await victim.consume("sluice.f", prefetch: 1).makeAsyncIterator()
        for priorDeliveries in 0...20 {
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.message == message)
            #expect(delivery.priorDeliveries == priorDeliveries)
            proxy.cut()
        }
        var letters = try await broker.consume("sluice.f.dead", prefetch: 1).makeAsyncIterator()
        let letter = try #require(try await letters.next())
        // Nobody but the broker itself has moved it, and so it says why.
        #expect(letter.message.id == message.id && letter.message.body == message.body)
        #expect(letter.message.headers == ["sluice-attempt": "3", RabbitMQBroker.moveReasonHeader: "delivery-limit"])
        #expect(letter.problem == nil)
        #expect(letter.priorDeliveries == 0)
        #expect(try await broker.depth(of: "sluice.f").total == 0)
        await victim.close()
        proxy.close()
        await broker.close()
    }

    @Test("A publish to a queue that was deleted is told so")
    func deleted() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        _ = try await fixture.server.api("DELETE", "queues/\(fixture.vhost)/sluice.f")
        async let other: Void = broker.publish(Message("b"), to: "sluice.f.dead")
        await #expect(throws: BrokerError.unknownQueue("sluice.f")) {
            try await broker.publish(Message("a"), to: "sluice.f")
        }
        try await other
        await broker.close()
    }
}

import FoundationEssentials
import InMemoryLogging
import Logging
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
        #expect(letter.message.headers == ["sluice-attempt": "3", Message.moveReasonHeader: "delivery-limit"])
        #expect(letter.problem == nil)
        #expect(letter.priorDeliveries == 0)
        #expect(try await broker.depth(of: "sluice.f").total == 0)
        await victim.close()
        proxy.close()
        await broker.close()
    }

    @Test("A queue that was deleted is made again by whoever publishes, consumes or counts, and that is said once")
    func deleted() async throws {
        let fixture = try await RabbitMQFixture()
        let log = InMemoryLogHandler()
        let broker = try await fixture.broker(logger: Logger(label: "test", factory: { _ in log }))
        try await broker.declare(Self.specifications)
        let delete = { (queue: String) in
            _ = try await fixture.server.api("DELETE", "queues/\(fixture.vhost)/\(queue)")
        }
        try await delete("sluice.f")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { try await broker.publish(Message("\(number)"), to: "sluice.f") }
            }
            group.addTask { try await broker.publish(Message("other"), to: "sluice.f.dead") }
            try await group.waitForAll()
        }
        #expect(try await broker.browse("sluice.f", limit: 100).count == 50)
        #expect(log.entries.filter { $0.level >= .warning }.count == 1)

        try await delete("sluice.f.delay.500")
        try await broker.publish(Message("late"), to: "sluice.f", after: .milliseconds(500))
        try await delete("sluice.f")
        #expect(try await broker.depth(of: "sluice.f").ready == 0)
        try await delete("sluice.f.dead")
        _ = try await broker.consume("sluice.f.dead", prefetch: 1)
        await broker.close()
    }

    @Test("A queue that is deleted under several consumers, and made again at once, goes on to feed them")
    func deletedUnderConsumers() async throws {
        let fixture = try await RabbitMQFixture()
        let publisher = try await fixture.broker()
        try await publisher.declare(Self.specifications)
        var consumers: [RabbitMQBroker] = []
        for _ in 0..<2 { consumers.append(try await fixture.broker(idleConsumerMax: .seconds(1))) }
        let (arrived, feed) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for broker in consumers {
                let deliveries = try await broker.consume("sluice.f", prefetch: 4)
                group.addTask {
                    for try await delivery in deliveries {
                        feed.yield(delivery.message.id)
                        try await broker.acknowledge(delivery)
                    }
                }
            }
            var ids = arrived.makeAsyncIterator()
            for round in 0..<4 {
                // More than both take at once, and then so few that none of them waits in the queue.
                let sent = (0..<(round.isMultiple(of: 2) ? 10 : 3)).map { "\(round) \($0)" }
                for id in sent { try await publisher.publish(Message(id), to: "sluice.f") }
                var missing = Set(sent)
                while !missing.isEmpty, let id = await ids.next() { missing.remove(id) }
                while try await publisher.depth(of: "sluice.f").total > 0 { try Task.checkCancellation() }
                try await fixture.deleteQueues()
            }
            for broker in consumers { await broker.close() }
        }
        await publisher.close()
    }

    @Test("The limits of a virtual host and missing rights are named as what they are")
    func limits() async throws {
        let fixture = try await RabbitMQFixture()
        let server = fixture.server
        let broker = try await fixture.broker()
        _ = try await server.api("PUT", "vhost-limits/\(fixture.vhost)/max-queues", body: #"{"value":2}"#)
        let full = await #expect(throws: BrokerError.self) { try await broker.declare(Self.specifications) }
        #expect(full?.description.contains("the limit max-queues of the virtual host is reached; raise it") == true)
        _ = try await server.api("DELETE", "vhost-limits/\(fixture.vhost)/max-queues")
        try await broker.declare(Self.specifications)

        let none = #"{"configure":"^$","write":".*","read":".*"}"#
        _ = try await server.api("PUT", "permissions/\(fixture.vhost)/\(RabbitMQServer.user)", body: none)
        let others = [QueueSpecification(name: "others", lengthMax: 5)]
        // Rights are kept for a moment by the broker.
        var refusal: BrokerError?
        while refusal == nil {
            do { try await broker.declare(others) } catch { refusal = error }
            _ = try? await server.api("DELETE", "queues/\(fixture.vhost)/others")
            _ = try? await server.api("DELETE", "queues/\(fixture.vhost)/others.undelivered")
        }
        #expect(refusal?.description.contains("is refused: ACCESS_REFUSED") == true)

        _ = try await server.api("PUT", "vhost-limits/\(fixture.vhost)/max-connections", body: #"{"value":2}"#)
        let error = await #expect(throws: RabbitMQError.self) { try await fixture.broker() }
        #expect(error?.description.contains("a limit of connections, such as max-connections; raise it") == true)
        await broker.close()
    }

    @Test("No number of looks uses a dead letter up, whatever a policy sets as the limit of deliveries")
    func looksUnderPolicy() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let ids = ["a", "b", "c"]
        for id in ids {
            try await broker.publish(
                Message(id: id, body: Data("{}".utf8), headers: ["sluice-error": "timeout"]), to: "sluice.f.dead")
        }
        let policy = #"{"pattern":"^sluice","definition":{"delivery-limit":1},"apply-to":"queues"}"#
        _ = try await fixture.server.api("PUT", "policies/\(fixture.vhost)/limit", body: policy)
        for _ in 0..<8 {
            // Those that the broker moves are nowhere for a moment.
            while try await broker.depth(of: "sluice.f.dead").ready < 3 { try Task.checkCancellation() }
            let letters = try await broker.browse("sluice.f.dead", limit: 10)
            #expect(letters.map(\.id).sorted() == ids)
            #expect(letters.allSatisfy { $0.headers == ["sluice-error": "timeout"] })
        }
        await broker.close()
    }

    @Test("A message whose time in a queue is over says so among the dead letters, and goes round no circle")
    func expired() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let policy = #"{"pattern":"^sluice.f$","definition":{"message-ttl":100},"apply-to":"queues"}"#
        _ = try await fixture.server.api("PUT", "policies/\(fixture.vhost)/ttl", body: policy)
        var message = Message(id: "a", body: Data("{}".utf8), headers: ["sluice-attempt": "2"])
        for _ in 0..<2 {
            try await broker.publish(message, to: "sluice.f")
            var letters: [Message] = []
            // Nothing tells when the broker has moved it.
            while letters.isEmpty { letters = try await broker.browse("sluice.f.dead", limit: 10) }
            #expect(letters.map(\.headers) == [["sluice-attempt": "2", Message.moveReasonHeader: "expired"]])
            // Replayed as it is, it must not be dropped for having been there before.
            message = letters[0]
            try await broker.walk("sluice.f.dead", limit: 1) { _ in false }
        }
        await broker.close()
    }
}

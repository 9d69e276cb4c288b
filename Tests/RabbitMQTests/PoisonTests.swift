import FoundationEssentials
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

/// What comes from elsewhere and is no message of ours.
@Suite("RabbitMQ and bad messages", .timeLimit(.minutes(5)))
struct PoisonTests {
    private typealias Raw = RawPublisher

    private static let json = Array("application/json".utf8)
    private static let specifications = [
        QueueSpecification(name: "questions", lengthMax: 100_000, deadLetters: "dead"),
        QueueSpecification(name: "dead", lengthMax: 100_000),
    ]

    /// A header table, and what becomes of the message.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let properties: RawPublisher.Properties
        let problem: MessageProblem?
        let id: String
        var headers: [String: String] = [:]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a good one", properties: .init(contentType: json, headers: [], id: [0x61]), problem: nil,
            id: "a"),
        Case(
            testDescription: "parameters of the type",
            properties: .init(
                contentType: Array("Application/JSON; charset=utf-8".utf8), contentEncoding: Array("UTF-8".utf8),
                id: [0x61]), problem: nil, id: "a"),
        Case(testDescription: "no properties", properties: .init(), problem: .idMissing, id: ""),
        Case(testDescription: "an empty id", properties: .init(id: []), problem: .idMissing, id: ""),
        Case(
            testDescription: "an id that is no UTF-8", properties: .init(id: [0x61, 0xff, 0x62]),
            problem: .idUnreadable,
            id: "a\u{fffd}b"),
        Case(
            testDescription: "a long id that is no UTF-8",
            properties: .init(id: [UInt8](repeating: 0xff, count: 255)), problem: .idUnreadable,
            id: String(repeating: "\u{fffd}", count: 85)),
        Case(
            testDescription: "another content type",
            properties: .init(contentType: Array("image/png".utf8), id: [0x61]),
            problem: .contentTypeUnknown, id: "a"),
        Case(
            testDescription: "a compressed body",
            properties: .init(contentType: json, contentEncoding: Array("gzip".utf8), id: [0x61]),
            problem: .contentEncodingUnknown, id: "a"),
        Case(
            testDescription: "numbers and truths",
            properties: .init(
                headers: Raw.entry([0x69], "I", Raw.big(UInt32(7))) + Raw.entry([0x74], "t", [1])
                    + Raw.entry([0x6c], "l", Raw.big(Int64(-5))), id: [0x61]), problem: nil, id: "a",
            headers: ["i": "7", "t": "true", "l": "-5"]),
        Case(
            testDescription: "a table",
            properties: .init(
                headers: Raw.entry([0x68], "F", Raw.long(Raw.entry([0x78], "t", [1]))), id: [0x61]),
            problem: .headersUnreadable, id: "a"),
        Case(
            testDescription: "nothing at all", properties: .init(headers: Raw.entry([0x68], "V", []), id: [0x61]),
            problem: .headersUnreadable, id: "a"),
        Case(
            testDescription: "the deepest lists that fit",
            properties: .init(headers: Raw.entry([0x68], "A", Raw.nested(levels: 26_000)), id: [0x61]),
            problem: .headersUnreadable, id: "a"),
        Case(
            testDescription: "text that is no UTF-8",
            properties: .init(
                headers: Raw.entry([0x68], "S", Raw.long([0xc3, 0x28])) + Raw.entry([0x6b], "S", Raw.long([0x6b])),
                id: [0x61]), problem: .headersUnreadable, id: "a", headers: ["k": "k"]),
        Case(
            testDescription: "a name that is no UTF-8",
            properties: .init(headers: Raw.entry([0xff], "S", Raw.long([0x6b])), id: [0x61]),
            problem: .headersUnreadable, id: "a"),
        Case(
            testDescription: "a huge text",
            properties: .init(
                headers: Raw.entry([0x68], "S", Raw.long([UInt8](repeating: 0x78, count: 120_000))), id: [0x61]),
            problem: .headersTooLarge, id: "a"),
        Case(
            testDescription: "thousands of headers",
            properties: .init(
                headers: (0..<18_000).flatMap { _ in Raw.entry([0x61], "t", [1]) }, id: [0x61]),
            problem: .headersTooLarge, id: "a", headers: ["a": "true"]),
        Case(
            testDescription: "a count that is not the broker's",
            properties: .init(
                headers: Raw.entry(Array("x-delivery-count".utf8), "l", Raw.big(Int64(19)))
                    + Raw.entry(Array("x-death".utf8), "S", Raw.long([0x6b])), id: [0x61]), problem: nil, id: "a"),
    ]

    @Test("It arrives made safe, with its problem, and can be moved to the dead letters", arguments: cases)
    func safe(_ poison: Case) async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        try RawPublisher(fixture.server, vhost: fixture.vhost).publish(poison.properties, to: "questions")
        try await broker.publish(Message("good"), to: "questions")
        var deliveries = try await broker.consume("questions", prefetch: 10).makeAsyncIterator()
        let delivery = try #require(try await deliveries.next())
        #expect(delivery.problem == poison.problem)
        #expect(delivery.message.id == poison.id)
        #expect(delivery.message.headers == poison.headers)
        #expect(delivery.message.body == Data("{}".utf8))
        #expect(delivery.priorDeliveries == 0)
        var letter = delivery.message
        letter.headers["sluice-error"] = poison.problem?.rawValue ?? "none"
        try await broker.publish(letter, to: "dead")
        try await broker.acknowledge(delivery)
        // Its neighbour is unhurt, on the same connection.
        let good = try #require(try await deliveries.next())
        #expect(good.message == Message("good"))
        #expect(good.priorDeliveries == 0)
        var letters = try await broker.consume("dead", prefetch: 1).makeAsyncIterator()
        #expect(try await letters.next()?.message == letter)
        await broker.close()
    }

    @Test("A large body arrives whole, and one that memory has no room for without its bytes")
    func bodies() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let sizes = [1 << 20, (1 << 20) + 1, 10_000_000, (16 << 20) + 1]
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        for size in sizes {
            try publisher.publish(
                .init(id: Array("\(size)".utf8)), body: Data(repeating: 0x20, count: size), to: "questions")
        }
        var deliveries = try await broker.consume("questions", prefetch: 1).makeAsyncIterator()
        let expected: [(MessageProblem?, Int)] = [
            (nil, sizes[0]), (.bodyTooLarge, sizes[1]), (.bodyTooLarge, sizes[2]), (.bodyNotKept, 0),
        ]
        for (size, (problem, kept)) in zip(sizes, expected) {
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.message.id == "\(size)")
            #expect(delivery.problem == problem)
            #expect(delivery.message.body.count == kept)
            try await broker.publish(delivery.message, to: "dead")
            try await broker.acknowledge(delivery)
        }
        #expect(try await broker.depth(of: "dead").ready == 4)
        await broker.close()
    }

    @Test("Thousands of bad ones between good ones hurt none of these")
    func many() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        // The server itself takes a part of a second for each of the largest headers.
        let poison = Self.cases.filter { $0.problem != nil && ($0.properties.headers?.count ?? 0) < 1_000 }
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        for number in 0..<1_000 {
            try publisher.publish(poison[number % poison.count].properties, to: "questions")
            if number % 10 == 0 { try await broker.publish(Message("good \(number)"), to: "questions") }
        }
        var deliveries = try await broker.consume("questions", prefetch: 50).makeAsyncIterator()
        var good: [String] = []
        var bad = 0
        while good.count + bad < 1_100, let delivery = try await deliveries.next() {
            #expect(delivery.priorDeliveries == 0)
            if delivery.problem == nil { good.append(delivery.message.id) } else { bad += 1 }
            try await broker.acknowledge(delivery)
        }
        #expect(good == (0..<1_000).filter { $0 % 10 == 0 }.map { "good \($0)" })
        #expect(bad == 1_000)
        await broker.close()
    }

    @Test("What cannot be carried is refused before it is sent, and the connection goes on")
    func invalid() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let long = String(repeating: "x", count: 256)
        let messages = [
            Message(long), Message(id: "a", body: Data(), headers: [long: ""]),
            Message(id: "a", body: Data(), headers: ["a": String(repeating: "x", count: 70_000)]),
            Message(id: "a", body: Data(), headers: ["CC": "dead"]),
            Message(
                id: "a", body: Data(),
                headers: Dictionary(uniqueKeysWithValues: (0..<8_000).map { ("\($0)", "") })),
            Message(id: "a", body: Data(count: (16 << 20) + 1)),
        ]
        for message in messages {
            let error = await #expect(throws: BrokerError.self) { try await broker.publish(message, to: "questions") }
            guard case .invalidMessage = error else {
                Issue.record("it is answered with \(String(describing: error))")
                continue
            }
        }
        try await broker.publish(Message(String(repeating: "x", count: 255)), to: "questions")
        #expect(try await broker.depth(of: "questions").ready == 1)
        await broker.close()
    }
}

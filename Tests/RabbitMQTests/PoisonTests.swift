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
            problem: nil, id: "a"),
        Case(
            testDescription: "nothing at all", properties: .init(headers: Raw.entry([0x68], "V", []), id: [0x61]),
            problem: nil, id: "a"),
        Case(
            testDescription: "the deepest lists that fit",
            properties: .init(headers: Raw.entry([0x68], "A", Raw.nested(levels: 26_000)), id: [0x61]),
            problem: nil, id: "a"),
        Case(
            testDescription: "a list where hosts read a text",
            properties: .init(headers: Raw.entry(Array("sluice-tenant".utf8), "A", Raw.nested(levels: 2)), id: [0x61]),
            problem: .headersUnreadable, id: "a"),
        Case(
            testDescription: "text that is no UTF-8",
            properties: .init(
                headers: Raw.entry([0x68], "S", Raw.long([0xc3, 0x28])) + Raw.entry([0x6b], "S", Raw.long([0x6b])),
                id: [0x61]), problem: nil, id: "a", headers: ["k": "k"]),
        Case(
            testDescription: "a name that is no UTF-8",
            properties: .init(headers: Raw.entry([0xff], "S", Raw.long([0x6b])), id: [0x61]),
            problem: nil, id: "a"),
        Case(
            testDescription: "a huge text",
            properties: .init(
                headers: Raw.entry([0x68], "S", Raw.long([UInt8](repeating: 0x78, count: 120_000))), id: [0x61]),
            problem: .headersTooLarge, id: "a"),
        Case(
            testDescription: "thousands of headers",
            properties: .init(
                headers: (0..<18_000).flatMap { _ in Raw.entry([0x61], "t", [1]) }, id: [0x61]),
            problem: nil, id: "a", headers: ["a": "true"]),
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

    @Test("What hosts wrote on it is read however many headers others have written")
    func crowd() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let crowd = (0..<500).flatMap {
            Raw.entry(Array("k\($0)".utf8), "S", Raw.long([UInt8](repeating: 0x78, count: 100)))
        }
        let own = Raw.entry(Array("sluice-tenant".utf8), "S", Raw.long(Array("t1".utf8)))
        try RawPublisher(fixture.server, vhost: fixture.vhost).publish(
            .init(headers: crowd + own, id: [0x61]), to: "questions")
        var deliveries = try await broker.consume("questions", prefetch: 1).makeAsyncIterator()
        let delivery = try #require(try await deliveries.next())
        #expect(delivery.problem == .headersTooLarge && delivery.message.headers["sluice-tenant"] == "t1")
        var letter = delivery.message
        letter.headers["sluice-error"] = "headers-too-large"
        try await broker.publish(letter, to: "dead")
        var letters = try await broker.consume("dead", prefetch: 1).makeAsyncIterator()
        let dead = try #require(try await letters.next()).message
        #expect(dead.headers["sluice-error"] == "headers-too-large" && dead.headers["sluice-tenant"] == "t1")
        await broker.close()
    }

    /// A value of each type that a header may have (AMQP 0-9-1 section 4.2.1, and RabbitMQ's errata of it).
    private static let fields: [(name: String, kind: Character, value: [UInt8])] = [
        ("truth", "t", [1]), ("i8", "b", [0xfb]), ("u8", "B", [251]), ("i16", "s", Raw.big(Int16(-5))),
        ("u16", "u", Raw.big(UInt16(65_531))), ("i32", "I", Raw.big(Int32(-5))), ("u32", "i", Raw.big(UInt32(7))),
        ("i64", "l", Raw.big(Int64(-5))), ("float", "f", Raw.big(Float(1.5).bitPattern)),
        ("double", "d", Raw.big(2.5.bitPattern)), ("decimal", "D", [2] + Raw.big(UInt32(314))),
        ("text", "S", Raw.long(Array("ü".utf8))),
        ("list", "A", Raw.long([UInt8(ascii: "V"), UInt8(ascii: "t"), 1])),
        ("instant", "T", Raw.big(UInt64(1_772_368_200))),
        ("table", "F", Raw.long(Raw.entry([0x78], "V", []))), ("void", "V", []), ("bytes", "x", Raw.long([0x62])),
        (
            "x-received-from", "A",
            Raw.long(
                [UInt8(ascii: "F")] + Raw.long(Raw.entry(Array("uri".utf8), "S", Raw.long(Array("amqp://a".utf8)))))
        ),
        ("x-shovelled", "A", Raw.long([UInt8(ascii: "F")] + Raw.long(Raw.entry(Array("src".utf8), "V", [])))),
        (
            "x-death", "A",
            Raw.long(
                [UInt8(ascii: "F")]
                    + Raw.long(
                        Raw.entry(Array("queue".utf8), "S", Raw.long(Array("theirs".utf8)))
                            + Raw.entry(Array("reason".utf8), "S", Raw.long(Array("rejected".utf8)))))
        ),
    ]

    @Test("Whatever came with it goes on with it, however often it is published anew")
    func whole() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        var properties = RawPublisher.Properties(
            contentType: Array("application/json; charset=utf-8".utf8), contentEncoding: Array("utf-8".utf8),
            headers: Self.fields.flatMap { Raw.entry(Array($0.name.utf8), $0.kind, $0.value) }, id: [0x61])
        properties.priority = 3
        properties.correlationID = Array("c".utf8)
        properties.replyTo = Array("r".utf8)
        properties.expiration = Array("600000".utf8)
        properties.timestamp = 1_772_368_200
        properties.type = Array("t".utf8)
        properties.userID = Array(RabbitMQServer.user.utf8)
        properties.appID = Array("app".utf8)
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        try publisher.publish(properties, to: "questions")
        var deliveries = try await broker.consume("questions", prefetch: 1).makeAsyncIterator()
        let first = try #require(try await deliveries.next())
        #expect(first.problem == nil)
        #expect(first.message.headers["text"] == "ü" && first.message.headers["i32"] == "-5")
        #expect(
            first.message.headers["sluice-attempt"] == nil && first.message.headers[Message.moveReasonHeader] == nil)
        var letter = first.message
        letter.headers["sluice-error"] = "test"
        try await broker.publish(letter, to: "dead")
        try await broker.acknowledge(first)
        // More often than the broker delivers a message.
        for _ in 0..<25 {
            let found = try #require(try await broker.browse("dead", limit: 2).first)
            #expect(found.headers == letter.headers)
            // In whichever order: a table has none.
            #expect(found.origin?.sorted() == letter.origin?.sorted())
        }

        // As somebody else's client reads it.
        struct Found: Decodable {
            struct Properties: Decodable {
                let content_type, content_encoding, correlation_id, reply_to, type, user_id, app_id, message_id: String
                let priority, timestamp, delivery_mode: Int
                let expiration: String?
            }

            let payload: String
            let properties: Properties
        }
        let body = #"{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}"#
        let data = try await fixture.server.api("POST", "queues/\(fixture.vhost)/dead/get", body: body)
        let found = try #require(try JSONDecoder().decode([Found].self, from: data).first)
        #expect(found.payload == "{}")
        let kept = found.properties
        #expect(kept.content_type == "application/json; charset=utf-8" && kept.content_encoding == "utf-8")
        #expect(kept.correlation_id == "c" && kept.reply_to == "r" && kept.type == "t" && kept.app_id == "app")
        #expect(kept.priority == 3 && kept.timestamp == 1_772_368_200 && kept.delivery_mode == 2)
        #expect(kept.user_id == RabbitMQServer.user && kept.message_id == "a")
        // That would end the letter in its queue.
        #expect(kept.expiration == nil)
        let text = String(decoding: data, as: UTF8.self)
        for (name, _, _) in Self.fields { #expect(text.contains(#""\#(name)":"#), "\(name)") }
        await broker.close()
    }

    @Test("A letter without an id is looked at as often as anybody likes, and is one's own to take")
    func withoutID() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        try publisher.publish(.init(headers: Raw.entry([0x68], "V", [])), to: "dead")
        try publisher.publish(.init(id: [0xff]), to: "dead")
        let first = try await broker.browse("dead", limit: 10)
        for _ in 0..<25 {
            #expect(Set(try await broker.browse("dead", limit: 10)) == Set(first))
        }
        try await broker.walk("dead", limit: 10) { $0.id != "" }
        #expect(try await broker.browse("dead", limit: 10).map(\.id) == ["\u{fffd}"])
        await broker.close()
    }

    @Test("A large body arrives whole; one that memory has no room for is moved to the dead letters, whole as well")
    func bodies() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let sizes = [1 << 20, Self.long, (1 << 20) + 1, 10_000_000]
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        for size in sizes {
            try publisher.publish(
                .init(id: Array("\(size)".utf8)), body: Data(repeating: 0x20, count: size), to: "questions")
        }
        var deliveries = try await broker.consume("questions", prefetch: 1).makeAsyncIterator()
        for (size, problem) in [(sizes[0], nil), (sizes[2], MessageProblem.bodyTooLarge), (sizes[3], .bodyTooLarge)] {
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.message.id == "\(size)")
            #expect(delivery.problem == problem)
            #expect(delivery.message.body.count == size)
            try await broker.acknowledge(delivery)
        }
        // Nothing tells when RabbitMQ has moved it.
        while try await broker.depth(of: "dead").ready == 0 { try await Task.sleep(for: .milliseconds(20)) }
        try await checkLong(fixture, broker, id: "\(Self.long)")
        await broker.close()
    }

    @Test("A letter that is too long to be read stays whole however often it is looked at, and can be deleted")
    func longLetter() async throws {
        let fixture = try await RabbitMQFixture()
        let broker = try await fixture.broker()
        try await broker.declare(Self.specifications)
        let publisher = try RawPublisher(fixture.server, vhost: fixture.vhost)
        // As if a policy had let RabbitMQ move it there.
        try publisher.publish(
            .init(id: Array("long".utf8)), body: Data(repeating: 0x20, count: Self.long), to: "dead.undelivered")
        try await broker.publish(Message("good"), to: "dead")
        // More often than RabbitMQ delivers a message.
        for _ in 0..<25 {
            let letters = try await broker.browse("dead", limit: 10)
            #expect(Set(letters.map(\.id)) == ["long", "good"] && letters.count == 2)
        }
        try await checkLong(fixture, broker, id: "long")
        let long = try #require(try await broker.browse("dead", limit: 10).first { $0.id == "long" })
        let error = await #expect(throws: BrokerError.self) { try await broker.publish(long, to: "questions") }
        #expect("\(try #require(error))".contains("its body is over"))
        try await broker.walk("dead", limit: 10) { $0.id != "long" }
        #expect(try await broker.browse("dead", limit: 10).map(\.id) == ["good"])
        await broker.close()
    }

    /// A body that is too long for memory.
    private static let long = (16 << 20) + 1

    /// Checks that a letter is shown by its length alone, and lies in its queue with all its bytes.
    private func checkLong(_ fixture: RabbitMQFixture, _ broker: RabbitMQBroker, id: String) async throws {
        let letter = try #require(try await broker.browse("dead", limit: 10).first { $0.id == id })
        #expect(letter.unreadBodyBytes == Self.long && letter.bodyBytes == Self.long && letter.body.isEmpty)
        #expect(letter.headers[Message.moveReasonHeader] == "body-too-large")
        struct Found: Decodable {
            let payload_bytes: Int
        }
        // Its length alone: the interface sends no more than a test's client takes.
        let body = #"{"count":10,"ackmode":"ack_requeue_true","encoding":"auto","truncate":100}"#
        let data = try await fixture.server.api("POST", "queues/\(fixture.vhost)/dead/get", body: body)
        #expect(try JSONDecoder().decode([Found].self, from: data).contains { $0.payload_bytes == Self.long })
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

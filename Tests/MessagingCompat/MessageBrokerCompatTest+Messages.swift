import FoundationEssentials
import Messaging
import TestSupport
import Testing

// What is published, delivered, acknowledged and handed back.
extension MessageBrokerCompatTest {
    static let messages = [
        Rule("content", Self.checkContent),
        Rule("order", Self.checkOrder),
        Rule("acknowledgement", Self.checkAcknowledgement),
        Rule("handing back", Self.checkHandBack),
        Rule("handing back often", Self.checkHandBackOften),
        Rule("stale deliveries", Self.checkStaleDeliveries),
        Rule("length", Self.checkLength),
        Rule("length, declared again", Self.checkLengthAgain),
        Rule("names", Self.checkNames),
        Rule("dead letters", Self.checkDeadLetters),
    ]

    func checkContent() async throws {
        try await withBroker { broker in
            let messages = [
                Message(id: "1", body: Data(#"{"question":"Reparatur?"}"#.utf8), headers: ["attempt": "2"]),
                Message(id: "2", body: Data()),
                Message(id: "3", body: Data((0...255).map { UInt8($0) }), headers: ["": ""]),
                Message(id: "क्या", body: Data("₹500 – 👩‍👩‍👧 ﷺ\u{0}\u{2028}".utf8), headers: ["naïve": "ü\"\\\n'"]),
                Message(id: "5", body: Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })),
            ]
            for message in messages { try await broker.publish(message, to: "questions") }
            let consumer = try await Consumer(broker)
            for message in messages {
                let delivery = try await consumer.next()
                #expect(delivery.message == message)
                #expect(delivery.queue == "questions")
                #expect(delivery.priorDeliveries == 0)
            }
        }
    }

    func checkOrder() async throws {
        try await withBroker { broker in
            let ids = (0..<200).map(String.init)
            try await broker.publish(ids: ids)
            let consumer = try await Consumer(broker)
            for id in ids {
                let delivery = try await consumer.next()
                #expect(delivery.message.id == id)
                try await broker.acknowledge(delivery)
            }
        }
    }

    func checkAcknowledgement() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b"])
            try await expectDepths(of: broker, [2, 0, 0])
            let delivery = try await Consumer(broker).next()
            try await expectDepths(of: broker, [1, 1, 0])
            try await broker.acknowledge(delivery)
            try await expectDepths(of: broker, [1, 0, 0])
        }
    }

    func checkHandBack() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b", "c", "d"])
            let consumer = try await Consumer(broker, prefetch: 2)
            let (first, second) = (try await consumer.next(), try await consumer.next())
            try await broker.handBack(second)
            try await broker.handBack(first)
            try await expectDepths(of: broker, [4, 0, 0])
            var seen: [String] = []
            for _ in 0..<4 {
                let delivery = try await consumer.next()
                seen.append("\(delivery.message.id)\(delivery.priorDeliveries)")
                #expect(delivery.tag != first.tag && delivery.tag != second.tag)
                try await broker.acknowledge(delivery)
            }
            // In front, in the order that they had.
            #expect(seen == (habits.contains(.deliversAhead) ? ["b1", "a1", "c0", "d0"] : ["a1", "b1", "c0", "d0"]))
        }
    }

    /// However often a message is handed back, it is still there, and the count is right.
    func checkHandBackOften() async throws {
        try await withBroker { broker in
            try await broker.publish(
                Message(id: "a", body: Data("{}".utf8), headers: ["attempt": "2"]), to: "questions")
            let consumer = try await Consumer(broker, prefetch: 1)
            for priorDeliveries in 0..<25 {
                let delivery = try await consumer.next()
                #expect(
                    delivery.message == Message(id: "a", body: Data("{}".utf8), headers: ["attempt": "2"]))
                #expect(delivery.priorDeliveries == priorDeliveries)
                try await broker.handBack(delivery)
            }
            try await broker.acknowledge(try await consumer.next())
            try await expectDepths(of: broker, [0, 0, 0])
        }
    }

    func checkStaleDeliveries() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a"])
            let consumer = try await Consumer(broker)
            let returned = try await consumer.next()
            #expect(await broker.holds(returned))
            try await broker.handBack(returned)
            #expect(await !broker.holds(returned))
            let delivery = try await consumer.next()
            // The message is in the consumer's hands again, by another delivery.
            await #expect(throws: BrokerError.staleDelivery) { try await broker.acknowledge(returned) }
            await #expect(throws: BrokerError.staleDelivery) { try await broker.handBack(returned) }
            try await expectDepths(of: broker, [0, 1, 0])
            try await broker.acknowledge(delivery)
            await #expect(throws: BrokerError.staleDelivery) { try await broker.acknowledge(delivery) }
            await #expect(throws: BrokerError.staleDelivery) { try await broker.handBack(delivery) }
            try await expectDepths(of: broker, [0, 0, 0])
        }
    }

    func checkLength() async throws {
        if habits.contains(.limitsRoughly) { return try await checkRoughLength() }
        try await withBroker(lengthMax: 3) { broker in
            try await broker.publish(ids: ["delivered"])
            let consumer = try await Consumer(broker)
            let delivery = try await consumer.next()
            try await broker.publish(Message(id: "delayed", body: Data()), to: "questions", after: delays[0])
            try await broker.publish(ids: ["ready"])
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["over"]) }
            await #expect(throws: BrokerError.queueFull(queue: "questions")) {
                try await broker.publish(Message(id: "over", body: Data()), to: "questions", after: delays[1])
            }
            try await expectDepth(of: broker, "questions", \.total, 3)
            try await broker.handBack(delivery)
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["over"]) }
            try await broker.acknowledge(try await consumer.next())
            try await broker.publish(ids: ["fits"])
            try await expectDepth(of: broker, "questions", \.total, 3)
        }
    }

    /// A full queue refuses sooner or later, and takes messages again when there is room.
    private func checkRoughLength() async throws {
        try await withBroker(lengthMax: 3) { broker in
            var published = 0
            await #expect(throws: BrokerError.queueFull(queue: "questions")) {
                while published < 100 {
                    try await broker.publish(ids: ["\(published)"])
                    published += 1
                }
            }
            #expect(published >= 3)
            let consumer = try await Consumer(broker)
            for _ in 0..<published { try await broker.acknowledge(try await consumer.next()) }
            for _ in 0..<1_000 where (try? await broker.publish(ids: ["fits"])) == nil {
                // Nobody tells when the broker has noticed.
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await consumer.next().message.id == "fits")
        }
    }

    func checkLengthAgain() async throws {
        if habits.contains(.keepsLimits) {
            try await withBroker(lengthMax: 7) { broker in
                try await broker.publish(ids: ["a"])
                let error = await #expect(throws: BrokerError.self) {
                    try await broker.declare([specification(lengthMax: 5)])
                }
                guard case .queueDiffers(let queue, let reason) = error else {
                    Issue.record("other limits are answered with \(String(describing: error))")
                    return
                }
                #expect(queue == "questions")
                #expect(reason.contains("'5'") && reason.contains("'7'"))
                // Nothing has changed, and the same limits are as good as before.
                try await broker.declare([specification(lengthMax: 7)])
                try await expectDepths(of: broker, [1, 0, 0])
            }
        } else {
            try await checkNewLimits()
        }
        if !habits.contains(.limitsRoughly) { try await checkRush() }
    }

    private func checkNewLimits() async throws {
        try await withBroker(lengthMax: 1) { broker in
            try await broker.publish(ids: ["a"])
            try await broker.declare([specification(lengthMax: 2)])
            try await broker.publish(ids: ["b"])
            try await broker.declare([specification(lengthMax: 1)])
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["c"]) }
            // What is there already stays.
            try await expectDepths(of: broker, [2, 0, 0])
        }
    }

    private func checkRush() async throws {
        // At the limit many publishers at once find exactly the room that is left.
        try await withBroker(lengthMax: 7) { broker in
            let published = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            try await broker.publish(ids: ["\(number)"])
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(published == 7)
            try await expectDepths(of: broker, [7, 0, 0])
        }
    }

    /// A dead letter is published with its reason and then acknowledged: at no moment is it nowhere.
    func checkDeadLetters() async throws {
        try await withBroker { broker in
            try await broker.declare([specification("dead")])
            try await broker.publish(ids: ["poison", "good"])
            let consumer = try await Consumer(broker)
            let delivery = try await consumer.next()
            var letter = delivery.message
            letter.headers = ["error": "undecodable", "failed-at": "2026-11-23T00:00:00Z"]
            try await broker.publish(letter, to: "dead")
            try await expectDepth(of: broker, "questions", \.total, 2)
            try await expectDepth(of: broker, "dead", \.ready, 1)
            try await broker.acknowledge(delivery)

            // Its neighbour is not held up, and the letter waits with its reason until somebody asks for it.
            #expect(try await consumer.next().message.id == "good")
            let dead = try await broker.consume("dead", prefetch: 1)
            var letters = dead.makeAsyncIterator()
            let found = try #require(await letters.next())
            #expect(found.message == letter)
            try await broker.handBack(found)
            try await expectDepth(of: broker, "dead", \.ready, 1)
        }
    }

    func checkNames() async throws {
        try await withBroker { broker in
            let message = Message(id: "a", body: Data())
            await #expect(throws: BrokerError.unknownQueue("other")) { try await broker.publish(message, to: "other") }
            await #expect(throws: BrokerError.unknownQueue("other")) { try await broker.consume("other", prefetch: 1) }
            await #expect(throws: BrokerError.unknownQueue("other")) { try await broker.depth(of: "other") }
            await #expect(throws: BrokerError.unknownDelay(.seconds(7), queue: "questions")) {
                try await broker.publish(message, to: "questions", after: .seconds(7))
            }
            try await expectDepths(of: broker, [0, 0, 0])
            // A queue's messages are no other queue's.
            try await broker.declare([specification("other")])
            try await broker.publish(message, to: "other")
            try await broker.publish(ids: ["b"])
            #expect(try await Consumer(broker).next().message.id == "b")
            try await expectDepth(of: broker, "other", \.ready, 1)
        }
    }
}

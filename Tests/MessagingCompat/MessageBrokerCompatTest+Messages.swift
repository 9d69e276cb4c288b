import FoundationEssentials
import Messaging
import Testing

// What is published, delivered, acknowledged and handed back.
extension MessageBrokerCompatTest {
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
            #expect(try await broker.depths() == [2, 0, 0])
            let delivery = try await Consumer(broker).next()
            #expect(try await broker.depths() == [1, 1, 0])
            try await broker.acknowledge(delivery)
            #expect(try await broker.depths() == [1, 0, 0])
        }
    }

    func checkHandBack() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b", "c", "d"])
            let consumer = try await Consumer(broker)
            let (first, second) = (try await consumer.next(), try await consumer.next())
            try await broker.handBack(second)
            try await broker.handBack(first)
            #expect(try await broker.depths() == [4, 0, 0])
            var seen: [String] = []
            for _ in 0..<4 {
                let delivery = try await consumer.next()
                seen.append("\(delivery.message.id)\(delivery.priorDeliveries)")
                #expect(delivery.tag != first.tag && delivery.tag != second.tag)
            }
            // In front, in the order that they had.
            #expect(seen == ["a1", "b1", "c0", "d0"])
        }
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b"])
            let consumer = try await Consumer(broker)
            for priorDeliveries in 0..<5 {
                let delivery = try await consumer.next()
                #expect(delivery.message.id == "a")
                #expect(delivery.priorDeliveries == priorDeliveries)
                try await broker.handBack(delivery)
            }
        }
    }

    func checkStaleDeliveries() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a"])
            let consumer = try await Consumer(broker)
            let returned = try await consumer.next()
            try await broker.handBack(returned)
            let delivery = try await consumer.next()
            // The message is in the consumer's hands again, by another delivery.
            await #expect(throws: BrokerError.staleDelivery) { try await broker.acknowledge(returned) }
            await #expect(throws: BrokerError.staleDelivery) { try await broker.handBack(returned) }
            #expect(try await broker.depths() == [0, 1, 0])
            try await broker.acknowledge(delivery)
            await #expect(throws: BrokerError.staleDelivery) { try await broker.acknowledge(delivery) }
            await #expect(throws: BrokerError.staleDelivery) { try await broker.handBack(delivery) }
            #expect(try await broker.depths() == [0, 0, 0])
        }
    }

    func checkLength() async throws {
        try await withBroker(lengthMax: 3) { broker in
            try await broker.publish(ids: ["delivered"])
            let consumer = try await Consumer(broker)
            let delivery = try await consumer.next()
            try await broker.publish(Message(id: "delayed", body: Data()), to: "questions", after: Self.delays[0])
            try await broker.publish(ids: ["ready"])
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["over"]) }
            await #expect(throws: BrokerError.queueFull(queue: "questions")) {
                try await broker.publish(Message(id: "over", body: Data()), to: "questions", after: Self.delays[1])
            }
            #expect(try await broker.depth(of: "questions").total == 3)
            try await broker.handBack(delivery)
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["over"]) }
            try await broker.acknowledge(try await consumer.next())
            try await broker.publish(ids: ["fits"])
            #expect(try await broker.depth(of: "questions").total == 3)
        }
    }

    func checkLengthAgain() async throws {
        try await withBroker(lengthMax: 1) { broker in
            try await broker.publish(ids: ["a"])
            try await broker.declare([specification(lengthMax: 2)])
            try await broker.publish(ids: ["b"])
            try await broker.declare([specification(lengthMax: 1)])
            await #expect(throws: BrokerError.queueFull(queue: "questions")) { try await broker.publish(ids: ["c"]) }
            // What is there already stays.
            #expect(try await broker.depths() == [2, 0, 0])
        }
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
            let depths = try await broker.depths()
            #expect(published == 7)
            #expect(depths == [7, 0, 0])
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
            #expect(try await broker.depth(of: "questions").total == 2)
            #expect(try await broker.depth(of: "dead").ready == 1)
            try await broker.acknowledge(delivery)

            // Its neighbour is not held up, and the letter waits with its reason until somebody asks for it.
            #expect(try await consumer.next().message.id == "good")
            let dead = try await broker.consume("dead", prefetch: 1)
            var letters = dead.makeAsyncIterator()
            let found = try #require(await letters.next())
            #expect(found.message == letter)
            try await broker.handBack(found)
            #expect(try await broker.depth(of: "dead").ready == 1)
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
            #expect(try await broker.depths() == [0, 0, 0])
            // A queue's messages are no other queue's.
            try await broker.declare([specification("other")])
            try await broker.publish(message, to: "other")
            try await broker.publish(ids: ["b"])
            #expect(try await Consumer(broker).next().message.id == "b")
            #expect(try await broker.depth(of: "other").ready == 1)
        }
    }
}

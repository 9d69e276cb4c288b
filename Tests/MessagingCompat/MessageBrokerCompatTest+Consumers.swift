import FoundationEssentials
import Messaging
import TestSupport
import Testing

// Who gets what, and when.
extension MessageBrokerCompatTest {
    static let consumers = [
        Rule("delays", Self.checkDelays),
        Rule("order of delayed messages", Self.checkDelayedOrder),
        Rule("prefetch", Self.checkPrefetch),
        Rule("sharing between consumers", Self.checkSharing),
        Rule("waking of waiting consumers", Self.checkWaking),
        Rule("cancelled consumers", Self.checkCancellation),
        Rule("closing", Self.checkClose),
        Rule("opening again", Self.checkReopening),
        Rule("death of an owner", Self.checkDeath),
    ]

    func checkDelays() async throws {
        try await withBroker { broker in
            let consumer = try await Consumer(broker)
            let began = ContinuousClock.now
            try await broker.publish(Message(id: "later", body: Data()), to: "questions", after: delays[0])
            try await expectDepth(of: broker, "questions", \.total, 1)
            try await broker.publish(ids: ["now"])
            #expect(try await consumer.next().message.id == "now")
            async let later = consumer.next()
            await advance?(delays[0])
            #expect(try await later.message.id == "later")
            if advance == nil { #expect(ContinuousClock.now - began >= delays[0]) }
            try await expectDepths(of: broker, [0, 2, 0])
        }
    }

    func checkDelayedOrder() async throws {
        try await withBroker { broker in
            let consumer = try await Consumer(broker)
            async let deliveries = [consumer.next(), consumer.next(), consumer.next()]
            // The second comes to a consumer that waits for the first one's delay already.
            try await broker.publish(Message(id: "long", body: Data()), to: "questions", after: delays[0])
            try await broker.publish(Message(id: "short", body: Data()), to: "questions", after: delays[1])
            try await broker.publish(Message(id: "short too", body: Data()), to: "questions", after: delays[1])
            await advance?(delays[1])
            await advance?(delays[0] - delays[1])
            #expect(try await deliveries.map(\.message.id) == ["short", "short too", "long"])
        }
    }

    func checkPrefetch() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: (0..<20).map(String.init))
            let consumer = try await Consumer(broker, prefetch: 3)
            var held: [Delivery] = []
            for _ in 0..<3 { held.append(try await consumer.next()) }
            for number in 3..<20 {
                async let next = consumer.next()
                // It has what it may have; the next one must wait for what is acknowledged here.
                try await expectDepths(of: broker, [20 - number, 3, 0])
                try await broker.acknowledge(held.removeFirst())
                let delivery = try await next
                #expect(delivery.message.id == "\(number)")
                held.append(delivery)
            }
        }
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b"])
            let consumer = try await Consumer(broker, prefetch: 1)
            let delivery = try await consumer.next()
            async let again = consumer.next()
            try await broker.handBack(delivery)
            #expect(try await again.message.id == "a")
        }
    }

    func checkSharing() async throws {
        try await withBroker { broker in
            let (first, second) = (try await Consumer(broker, prefetch: 1), try await Consumer(broker, prefetch: 1))
            for round in 0..<25 {
                async let one = first.next()
                async let other = second.next()
                try await broker.publish(ids: ["\(round)a", "\(round)b"])
                let deliveries = try await [one, other]
                // Neither can have both, and neither starves.
                #expect(Set(deliveries.map(\.message.id)) == ["\(round)a", "\(round)b"])
                for delivery in deliveries { try await broker.acknowledge(delivery) }
            }
        }
        try await withBroker { broker in
            // One that never acknowledges leaves the rest to the other.
            try await broker.publish(ids: (0..<10).map(String.init))
            let stuck = try await Consumer(broker, prefetch: 2)
            _ = (try await stuck.next(), try await stuck.next())
            let busy = try await Consumer(broker, prefetch: 1)
            for number in 2..<10 {
                let delivery = try await busy.next()
                #expect(delivery.message.id == "\(number)")
                try await broker.acknowledge(delivery)
            }
        }
    }

    func checkWaking() async throws {
        try await withBroker { broker in
            let consumer = try await Consumer(broker)
            for number in 0..<50 {
                async let delivery = consumer.next()
                try await broker.publish(ids: ["\(number)"])
                #expect(try await delivery.message.id == "\(number)")
            }
        }
    }

    func checkCancellation() async throws {
        for _ in 0..<20 {
            try await withBroker { broker in
                let (leaving, staying) = (try await Consumer(broker), try await Consumer(broker))
                try await withThrowingTaskGroup(of: Delivery?.self) { group in
                    group.addTask { try await leaving.nextOrEnd() }
                    group.cancelAll()
                    let ended = try #require(await group.next())
                    #expect(ended?.message.id == nil)
                }
                // A wait that is given up while a message comes must not keep it from the other one.
                let waiting = Task { try await leaving.nextOrEnd() }
                async let published: Void = broker.publish(ids: ["a"])
                waiting.cancel()
                let taken = try await waiting.value
                try await published
                if let taken { try await broker.handBack(taken) }
                #expect(try await staying.next().message.id == "a")
                // What was delivered stays in a cancelled consumer's hands.
                try await expectDepths(of: broker, [0, 1, 0])
            }
        }
    }

    func checkClose() async throws {
        let broker = try await make()
        try await broker.declare([specification()])
        try await broker.publish(ids: ["a"])
        let consumer = try await Consumer(broker, prefetch: 1)
        let delivery = try await consumer.next()
        let idle = try await Consumer(broker)
        async let noRoom = consumer.nextOrEnd()
        async let noMessage = idle.nextOrEnd()
        await broker.close()
        #expect(try await noRoom?.message.id == nil)
        #expect(try await noMessage?.message.id == nil)
        #expect(try await idle.nextOrEnd()?.message.id == nil)
        await expectUnavailable { try await broker.publish(ids: ["b"]) }
        await expectUnavailable { try await broker.acknowledge(delivery) }
        await expectUnavailable { try await broker.handBack(delivery) }
        await expectUnavailable { _ = try await broker.consume("questions", prefetch: 1) }
        await expectUnavailable { _ = try await broker.depth(of: "questions") }
        await expectUnavailable { try await broker.declare([]) }
        await broker.close()
    }

    func checkReopening() async throws {
        guard let reopen else { return }
        let broker = try await make()
        try await broker.declare([specification()])
        try await broker.publish(ids: ["done", "held", "waiting"])
        try await broker.publish(Message(id: "delayed", body: Data()), to: "questions", after: delays[0])
        let consumer = try await Consumer(broker, prefetch: 1)
        try await broker.acknowledge(try await consumer.next())
        _ = try await consumer.next()
        await broker.close()
        let again = try await reopen(broker)
        let consumerAgain = try await Consumer(again)
        var seen: [String] = []
        for _ in 0..<3 {
            let delivery = try await consumerAgain.next()
            seen.append("\(delivery.message.id)\(delivery.priorDeliveries)")
        }
        #expect(seen == ["held1", "waiting0", "delayed0"])
        try await expectDepths(of: again, [0, 3, 0])
        await again.close()
    }

    func checkDeath() async throws {
        guard let die else { return }
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b", "c"])
            try await die(broker, 2)
            let consumer = try await Consumer(broker)
            var seen: [String] = []
            for _ in 0..<3 {
                let delivery = try await consumer.next()
                seen.append("\(delivery.message.id)\(delivery.priorDeliveries)")
            }
            #expect(seen == ["a1", "b1", "c0"])
        }
    }

    private func expectUnavailable(_ body: () async throws -> Void) async {
        let error = await #expect(throws: BrokerError.self) { try await body() }
        guard case .unavailable = error else {
            Issue.record("a closed broker answers with \(String(describing: error))")
            return
        }
    }
}

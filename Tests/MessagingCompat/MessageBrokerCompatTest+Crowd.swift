import FoundationEssentials
import Messaging
import TestSupport
import Testing

// Many at once.
extension MessageBrokerCompatTest {
    static let crowds = [
        Rule("a crowd, seed 1", 1, Self.checkCrowd),
        Rule("a crowd, seed 2", 2, Self.checkCrowd),
    ]

    /// Eight publishers and eight consumers that acknowledge or hand back at random lose and double nothing.
    func checkCrowd(seed: UInt64) async throws {
        let (publishers, each, consumers) = (8, 25, 8)
        let crowd = Crowd(total: publishers * each)
        try await withBroker { broker in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for publisher in 0..<publishers {
                    group.addTask { try await broker.publish(ids: (0..<each).map { "\(publisher)/\($0)" }) }
                }
                for number in 0..<consumers {
                    let random = SeededGenerator(seed: seed &* 1_000 &+ UInt64(number))
                    group.addTask { try await consume(broker, in: crowd, random: random) }
                }
                for await _ in crowd.finished {}
                group.cancelAll()
                try await group.waitForAll()
            }
            try await expectDepths(of: broker, [0, 0, 0])
        }
        await crowd.check()
    }

    private func consume(_ broker: any MessageBroker, in crowd: Crowd, random: SeededGenerator) async throws {
        var random = random
        for try await delivery in try await broker.consume("questions", prefetch: 3) {
            await crowd.take(delivery)
            if Int.random(in: 0..<3, using: &random) > 0 {
                // Noted afterwards: a message that comes again in between was doubled.
                try await broker.acknowledge(delivery)
                await crowd.noteAcknowledged(delivery)
            } else {
                // Noted before: from then on another consumer may have it.
                await crowd.noteHandedBack(delivery)
                try await broker.handBack(delivery)
            }
        }
    }
}

/// What became of each message.
private actor Crowd {
    /// Ends when all messages were acknowledged.
    nonisolated let finished: AsyncStream<Void>

    private let finish: AsyncStream<Void>.Continuation
    private let total: Int
    private var acknowledged: Set<String> = []
    private var handedBack: [String: Int] = [:]
    private var held: Set<String> = []

    init(total: Int) {
        self.total = total
        (finished, finish) = AsyncStream<Void>.makeStream()
    }

    func take(_ delivery: Delivery) {
        let id = delivery.message.id
        #expect(held.insert(id).inserted, "two consumers hold \(id)")
        #expect(!acknowledged.contains(id), "\(id) came after it was acknowledged")
        #expect(delivery.priorDeliveries == handedBack[id, default: 0])
    }

    func noteAcknowledged(_ delivery: Delivery) {
        acknowledged.insert(delivery.message.id)
        if acknowledged.count == total { finish.finish() }
    }

    func noteHandedBack(_ delivery: Delivery) {
        held.remove(delivery.message.id)
        handedBack[delivery.message.id, default: 0] += 1
    }

    func check() {
        #expect(acknowledged.count == total)
        #expect(held == acknowledged)
        // Otherwise the run has shown less than it should.
        #expect(handedBack.count > 10)
    }
}

import FoundationEssentials
package import Messaging
import Testing

/// Everything that each broker must do, so that a broker's own test is one line.
///
/// Each rule gets a new broker with queues of its own.
package struct MessageBrokerCompatTest: Sendable {
    /// The delays of the queues: short, and far enough apart to have an order.
    package static let delays: [Duration] = [.milliseconds(60), .milliseconds(20)]

    /// Makes an empty broker.
    let make: @Sendable () async throws -> any MessageBroker
    /// Opens a closed broker's messages again; nil where they end with it.
    let reopen: (@Sendable (any MessageBroker) async throws -> any MessageBroker)?
    /// Lets another owner take so many deliveries from the broker's queue and die; nil where there is no other.
    let die: (@Sendable (_ broker: any MessageBroker, _ holding: Int) async throws -> Void)?
    /// Lets time pass; nil where it passes by itself.
    let advance: (@Sendable (Duration) async -> Void)?

    /// Makes a suite.
    package init(
        reopen: (@Sendable (any MessageBroker) async throws -> any MessageBroker)? = nil,
        die: (@Sendable (_ broker: any MessageBroker, _ holding: Int) async throws -> Void)? = nil,
        advance: (@Sendable (Duration) async -> Void)? = nil,
        make: @escaping @Sendable () async throws -> any MessageBroker
    ) {
        self.make = make
        self.reopen = reopen
        self.die = die
        self.advance = advance
    }

    /// Checks every rule.
    package func run() async throws {
        try await checkContent()
        try await checkOrder()
        try await checkAcknowledgement()
        try await checkHandBack()
        try await checkStaleDeliveries()
        try await checkLength()
        try await checkLengthAgain()
        try await checkNames()
        try await checkDeadLetters()
        try await checkDelays()
        try await checkDelayedOrder()
        try await checkPrefetch()
        try await checkSharing()
        try await checkWaking()
        try await checkCancellation()
        try await checkClose()
        try await checkReopening()
        try await checkDeath()
        for seed: UInt64 in 1...2 { try await checkCrowd(seed: seed) }
    }

    /// A broker with an empty queue, closed afterwards.
    func withBroker(
        lengthMax: Int = 10_000, _ body: (any MessageBroker) async throws -> Void
    ) async throws {
        let broker = try await make()
        try await broker.declare([specification(lengthMax: lengthMax)])
        do { try await body(broker) } catch {
            await broker.close()
            throw error
        }
        await broker.close()
    }

    func specification(_ name: String = "questions", lengthMax: Int = 10_000) -> QueueSpecification {
        QueueSpecification(name: name, lengthMax: lengthMax, delays: Set(Self.delays))
    }
}

/// One consumer, asked for one delivery after the other.
struct Consumer {
    private let stream: DeliveryStream

    init(_ broker: any MessageBroker, prefetch: Int = 100) async throws {
        stream = try await broker.consume("questions", prefetch: prefetch)
    }

    /// The next delivery, which must come.
    func next() async throws -> Delivery {
        var iterator = stream.makeAsyncIterator()
        return try #require(await iterator.next())
    }

    /// The next delivery, or nil at the end.
    func nextOrEnd() async throws -> Delivery? {
        var iterator = stream.makeAsyncIterator()
        return try await iterator.next()
    }
}

extension MessageBroker {
    /// Publishes messages that have nothing but an id.
    func publish(ids: [String]) async throws {
        for id in ids { try await publish(Message(id: id, body: Data()), to: "questions") }
    }

    /// How many messages the queue holds, as ready, delivered and delayed.
    func depths() async throws -> [Int] {
        let depth = try await depth(of: "questions")
        return [depth.ready, depth.delivered, depth.delayed]
    }
}

import FoundationEssentials
package import Messaging
package import TestSupport
import Testing

/// Everything that each broker must do, as arguments of a broker's own test.
///
/// Each rule gets a new broker with queues of its own.
package struct MessageBrokerCompatTest: Sendable {
    /// One rule: an argument of an implementation's own test.
    package typealias Rule = ConformanceRule<Self>

    /// Every rule.
    package static let rules: [Rule] = messages + operators + consumers + crowds

    /// What a broker may do in its own way, and says so; its reason stands in its documentation.
    package enum Habit: Sendable {
        /// Keeps messages ready for a consumer, up to its prefetch, before it asks: what is handed back comes behind
        /// them, and what its end gives back has been delivered once more.
        case deliversAhead
        /// Counts the waiting messages alone against the limit, and lets publishes under way exceed it.
        case limitsRoughly
        /// Refuses to change the limits of a queue that exists.
        case keepsLimits
        /// Counts what was just settled a moment later.
        case countsLate
    }

    /// The delays of the queues, the long one first: far enough apart to have an order on a machine that is busy.
    let delays: [Duration]
    /// In what the broker differs.
    let habits: Set<Habit>
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
        delays: [Duration] = [.milliseconds(900), .milliseconds(100)],
        habits: Set<Habit> = [],
        make: @escaping @Sendable () async throws -> any MessageBroker
    ) {
        self.make = make
        self.reopen = reopen
        self.die = die
        self.advance = advance
        self.delays = delays
        self.habits = habits
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

    /// Expects so many messages of a queue: at once, or soon where the broker counts late.
    func expectDepth(
        of broker: any MessageBroker, _ queue: String = "questions", _ part: any KeyPath<QueueDepth, Int> & Sendable,
        _ expected: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await expectSoon(expected, sourceLocation: sourceLocation) {
            try await broker.depth(of: queue)[keyPath: part]
        }
    }

    /// Expects so many messages, as ready, delivered and delayed, likewise.
    func expectDepths(
        of broker: any MessageBroker, _ expected: [Int], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await expectSoon(expected, sourceLocation: sourceLocation) {
            let depth = try await broker.depth(of: "questions")
            return [depth.ready, depth.delivered, depth.delayed]
        }
    }

    private func expectSoon<Value: Equatable>(
        _ expected: Value, sourceLocation: SourceLocation, _ value: () async throws -> Value
    ) async throws {
        let end = ContinuousClock.now + .seconds(habits.contains(.countsLate) ? 10 : 0)
        var found = try await value()
        while found != expected, .now < end {
            // Nobody tells when the broker has counted.
            try await Task.sleep(for: .milliseconds(10))
            found = try await value()
        }
        #expect(found == expected, sourceLocation: sourceLocation)
    }

    func specification(_ name: String = "questions", lengthMax: Int = 10_000) -> QueueSpecification {
        QueueSpecification(name: name, lengthMax: lengthMax, delays: Set(delays))
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
}

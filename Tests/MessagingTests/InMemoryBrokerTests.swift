import FoundationEssentials
import Messaging
import MessagingCompat
import TestSupport
import Testing

@Suite("InMemoryBroker")
struct InMemoryBrokerTests {
    @Test("Does all that a broker must do", .timeLimit(.minutes(1)), arguments: MessageBrokerCompatTest.rules)
    func compat(rule: MessageBrokerCompatTest.Rule) async throws {
        try await rule.check(MessageBrokerCompatTest { InMemoryBroker() })
    }

    @Test("A delay ends by the given clock, at its instant and not before", .timeLimit(.minutes(1)))
    func delay() async throws {
        let clock = ManualClock()
        let broker = InMemoryBroker(clock: clock)
        try await broker.declare([QueueSpecification(name: "q", lengthMax: 10, delays: [.seconds(60), .seconds(3600)])])
        try await broker.publish(Message(id: "hour", body: Data()), to: "q", after: .seconds(3600))
        try await broker.publish(Message(id: "minute", body: Data()), to: "q", after: .seconds(60))
        var deliveries = try await broker.consume("q", prefetch: 5).makeAsyncIterator()
        clock.advance(by: .seconds(59))
        #expect(try await broker.depth(of: "q") == QueueDepth(ready: 0, delivered: 0, delayed: 2))
        async let passing: Void = clock.advanceOnceSomebodySleeps(by: .seconds(1))
        #expect(try await deliveries.next()?.message.id == "minute")
        await passing
        #expect(try await broker.depth(of: "q") == QueueDepth(ready: 0, delivered: 1, delayed: 1))
        async let passingAgain: Void = clock.advanceOnceSomebodySleeps(by: .seconds(3540))
        #expect(try await deliveries.next()?.message.id == "hour")
        await passingAgain
        try await broker.publish(Message(id: "again", body: Data()), to: "q", after: .seconds(60))
        clock.advance(by: .seconds(60))
        #expect(try await broker.depth(of: "q") == QueueDepth(ready: 1, delivered: 2, delayed: 0))
    }
}

import FoundationEssentials
import Logging
import Messaging
import MessagingCompat
import RabbitMQ
import RabbitMQServer
import Synchronization
import Testing

@Suite("RabbitMQBroker", .timeLimit(.minutes(5)))
struct RabbitMQBrokerTests {
    @Test("Does all that a broker must do")
    func compat() async throws {
        let server = try await RabbitMQServer.shared()
        let current = Mutex<RabbitMQFixture?>(nil)
        let fixture: @Sendable () throws -> RabbitMQFixture = { try #require(current.withLock { $0 }) }
        try await MessageBrokerCompatTest(
            reopen: { _ in
                let broker = try await fixture().broker()
                try await broker.declare([
                    QueueSpecification(
                        name: "questions", lengthMax: 10_000, delays: [.milliseconds(400), .milliseconds(100)])
                ])
                return broker
            },
            die: { _, count in
                let proxy = try LoopbackProxy(to: server.port)
                let other = try await fixture().broker(port: proxy.port)
                try await other.declare([
                    QueueSpecification(
                        name: "questions", lengthMax: 10_000, delays: [.milliseconds(400), .milliseconds(100)])
                ])
                let stream = try await other.consume("questions", prefetch: count)
                for _ in 0..<count {
                    var deliveries = stream.makeAsyncIterator()
                    _ = try await deliveries.next()
                }
                // As when the machine of its owner is gone.
                proxy.close()
                await other.close()
            },
            delays: [.milliseconds(400), .milliseconds(100)],
            habits: [.deliversAhead, .limitsRoughly, .keepsLimits, .countsLate],
            make: {
                let fixture = try await RabbitMQFixture(server)
                current.withLock { $0 = fixture }
                return try await fixture.broker()
            }
        ).run()
    }
}

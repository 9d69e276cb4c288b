import InMemoryLogging
import Logging
import Messaging
import RabbitMQ
import RabbitMQServer
import Testing

@Suite("Logins that RabbitMQ refuses", .timeLimit(.minutes(2)))
struct LoginTests {
    @Test("while it runs: said once for each connection when it begins and when it ends, and all goes on")
    func whileRunning() async throws {
        let fixture = try await RabbitMQFixture()
        let server = fixture.server
        let user = "login-\(fixture.vhost)"
        func setPassword(_ password: String) async throws {
            _ = try await server.api("PUT", "users/\(user)", body: #"{"password":"\#(password)","tags":""}"#)
        }
        try await setPassword("right")
        _ = try await server.api(
            "PUT", "permissions/\(fixture.vhost)/\(user)", body: #"{"configure":".*","write":".*","read":".*"}"#)
        let proxy = try LoopbackProxy(to: server.port)
        let log = InMemoryLogHandler()
        var logger = Logger(label: "test", factory: { _ in log })
        logger.logLevel = .debug
        let broker = try await RabbitMQBroker.connect(
            RabbitMQConfiguration(
                url: "amqp://\(user):right@127.0.0.1:\(proxy.port)/\(fixture.vhost)", connectionName: "test"),
            logger: logger)
        try await broker.declare([QueueSpecification(name: "questions", lengthMax: 10)])

        try await setPassword("other")
        proxy.cut()
        let refusal = "RabbitMQ refuses the user \(user); check user and password"
        await broker.wait { $0 == .away(reason: refusal) }
        let lines = { (message: String) in
            log.entries.filter { $0.level >= .notice && "\($0.message)" == message }.compactMap { entry in
                entry.metadata["broker.connection"].map { "\($0)" }
            }.sorted()
        }
        // Several tries, each of which is told at a lower level.
        while log.entries.count(where: { "\($0.message)" == Self.notReached }) < 6 {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(lines(Self.notReached) == ["consume", "publish"])
        let told = log.entries.filter { $0.level >= .notice && "\($0.message)" == Self.notReached }
        #expect(told.allSatisfy { entry in entry.metadata.values.contains { "\($0)" == refusal } })

        try await setPassword("right")
        await broker.wait { $0 == .ready }
        try await broker.publish(Message("after"), to: "questions")
        #expect(try await broker.browse("questions", limit: 2).map(\.id) == ["after"])
        #expect(lines(Self.isBack) == ["consume", "publish"])
        await broker.close()
        proxy.close()
        _ = try await server.api("DELETE", "users/\(user)")
    }

    private static let notReached = "broker not reached; it is tried again"
    private static let isBack = "connection to the broker is back"
}

import FoundationEssentials
import Logging
import Messaging
import RabbitMQ
import RabbitMQServer

/// A virtual host of its own on a real server, and brokers on it.
struct RabbitMQFixture {
    let server: RabbitMQServer
    let vhost: String

    /// On the server that all tests share, or on one of the test's own.
    init(_ server: RabbitMQServer? = nil) async throws {
        self.server = if let server { server } else { try await RabbitMQServer.shared() }
        vhost = try await self.server.newVhost()
    }

    /// Deletes all queues, one after the other.
    func deleteQueues() async throws {
        for queue in try await server.queues(vhost: vhost) {
            _ = try await server.api("DELETE", "queues/\(vhost)/\(queue)")
        }
    }

    /// A connected broker.
    ///
    /// - Parameters:
    ///   - port: The server's own, or that of a proxy before it.
    ///   - heartbeatSeconds: How soon a dead connection is noticed: after twice this.
    ///   - idleConsumerMax: How long a consumer may bring nothing before it is started anew.
    ///   - patience: How long a server that is away is waited for.
    ///   - logger: Told what happens.
    /// - Returns: The broker, without queues.
    /// - Throws: Why it cannot be reached.
    func broker(
        port: Int? = nil, heartbeatSeconds: Int = 10, idleConsumerMax: Duration = .seconds(30),
        patience: Duration = .zero,
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> RabbitMQBroker {
        var configuration = try RabbitMQConfiguration(
            url: server.url(vhost: vhost, port: port), connectionName: "test")
        configuration.heartbeatSeconds = heartbeatSeconds
        configuration.idleConsumerMax = idleConsumerMax
        return try await RabbitMQBroker.connect(configuration, patience: patience, logger: logger)
    }
}

extension Message {
    /// A message with nothing but an id.
    init(_ id: String) { self.init(id: id, body: Data("{}".utf8)) }
}

extension RabbitMQBroker {
    /// Waits until the state is as wished.
    func wait(until isWished: (BrokerState) -> Bool) async {
        for await state in states() where isWished(state) { return }
    }
}

import FoundationEssentials
import Logging
import Messaging
import MessagingSQLite
import RabbitMQ
import Settings

/// Opens the broker that the settings name: the one place that knows which there are.
enum BrokerChoice {
    /// Opens a broker.
    ///
    /// - Parameters:
    ///   - url: Where it is; nil for the embedded one.
    ///   - file: Where the embedded one keeps its queues; opened for it alone.
    ///   - isEphemeral: Whether the embedded one keeps them in memory.
    ///   - patience: How long a server that is away or starting is waited for.
    ///   - logger: Told of connections lost and found.
    /// - Returns: An open broker.
    /// - Throws: ``SetupProblem`` for a URL of no broker, ``BrokerError``, ``RabbitMQError`` or
    ///   ``RabbitMQConfigurationError`` where it cannot be opened; none of them holds a password.
    static func open(
        url: Secret?, file: DataFile, isEphemeral: Bool, patience: Duration, logger: Logger
    ) async throws -> any MessageBroker {
        guard let url else { return isEphemeral ? InMemoryBroker() : try SQLiteBroker(store: file.store()) }
        switch url.text.prefix(while: { $0 != ":" }) {
        case "amqp", "amqps":
            return try await RabbitMQBroker.connect(
                RabbitMQConfiguration(
                    url: url.text,
                    connectionName:
                        "sluice \(ProcessInfo.processInfo.hostName) \(ProcessInfo.processInfo.processIdentifier)"),
                patience: patience, logger: logger)
        default:
            throw SetupProblem("SLUICE_BROKER_URL is no broker's address; write amqp://... or amqps://..., or unset it")
        }
    }
}

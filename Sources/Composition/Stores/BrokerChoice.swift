import FoundationEssentials
package import Logging
package import Messaging
import MessagingSQLite
import RabbitMQ
package import Settings

/// Opens the broker that the settings name: the one place that knows which there are.
package enum BrokerChoice {
    /// Where a broker is, without user and password.
    static func place(_ url: Secret) -> String {
        (try? RabbitMQConfiguration(url: url.text, connectionName: "")).map { "RabbitMQ at \($0.host):\($0.port)" }
            ?? "the broker of SLUICE_BROKER_URL"
    }

    /// Opens a broker.
    ///
    /// - Parameters:
    ///   - url: Where it is; nil for the embedded one.
    ///   - file: Where the embedded one keeps its queues; opened for it alone.
    ///   - isEphemeral: Whether they stay in memory, wherever they would be kept else.
    ///   - patience: How long a server that is away, starting or standing still is waited for.
    ///   - logger: Told of connections lost and found.
    /// - Returns: An open broker.
    /// - Throws: ``SetupProblem`` for a URL of no broker, ``BrokerError``, ``RabbitMQError`` or
    ///   ``RabbitMQConfigurationError`` where it cannot be opened; none of them holds a password.
    package static func open(
        url: Secret?, file: DataFile, isEphemeral: Bool, patience: Duration, logger: Logger
    ) async throws -> any MessageBroker {
        // What is answered in memory is lost to all others: nothing of theirs is taken.
        guard !isEphemeral else { return InMemoryBroker() }
        guard let url else { return try SQLiteBroker(store: file.store()) }
        switch url.text.prefix(while: { $0 != ":" }) {
        case "amqp", "amqps":
            let process = ProcessInfo.processInfo
            var configuration = try RabbitMQConfiguration(
                url: url.text, connectionName: "sluice \(process.hostName) \(process.processIdentifier)")
            // A broker that stands still is waited for no longer than one that is away.
            configuration.answerTimeout = min(configuration.answerTimeout, patience)
            return try await RabbitMQBroker.connect(configuration, patience: patience, logger: logger)
        default:
            throw SetupProblem("SLUICE_BROKER_URL is no broker's address; write amqp://... or amqps://..., or unset it")
        }
    }
}

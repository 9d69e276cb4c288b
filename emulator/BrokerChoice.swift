import Messaging
import MessagingSQLite
import SQLite
import Settings

/// Opens the broker that the settings name: the one place that knows which there are.
enum BrokerChoice {
    /// Opens a broker.
    ///
    /// - Parameters:
    ///   - url: Where it is; nil for the embedded one.
    ///   - store: Where the embedded one keeps its queues.
    ///   - isEphemeral: Whether the embedded one keeps them in memory.
    /// - Returns: An open broker.
    /// - Throws: ``SetupProblem`` for a URL of no broker, ``BrokerError`` where it cannot be opened.
    static func open(url: Secret?, store: SQLiteStore, isEphemeral: Bool) async throws -> any MessageBroker {
        guard let url else { return isEphemeral ? InMemoryBroker() : try SQLiteBroker(store: store) }
        switch url.text.prefix(while: { $0 != ":" }) {
        case "amqp", "amqps":
            throw SetupProblem(
                "SLUICE_BROKER_URL names RabbitMQ, which this build does not speak; unset it for the embedded queue")
        default:
            throw SetupProblem("SLUICE_BROKER_URL is no broker's address; write amqp://... or amqps://..., or unset it")
        }
    }
}

/// Whether a broker takes and gives messages now.
package enum BrokerState: Sendable, Hashable {
    /// It does.
    case ready
    /// It is reached but takes no messages for now, such as RabbitMQ while memory or disk run out.
    case blocked(reason: String)
    /// It is reached, and does not let this user publish: what came of a message that is taken could go nowhere.
    case mayNotPublish(reason: String)
    /// It is reached, and does not give or make a queue that was asked for; the others are as they should be.
    case queueRefused(reason: String)
    /// It cannot be reached; work in hand goes on, and what it gives is stored when the broker is back.
    case away(reason: String)
}

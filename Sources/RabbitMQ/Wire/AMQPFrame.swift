import FoundationEssentials

/// What the broker sends, as far as a client of this kind is concerned.
enum AMQPFrame {
    /// A message begins; its header and body follow on the channel.
    case deliver(tag: UInt64, isRedelivered: Bool)
    /// A publish that found no queue comes back; its header and body follow on the channel.
    case returned(queue: String)
    /// The header of a message, and how many bytes of body follow.
    case header(MessageProperties, bodyBytes: UInt64)
    /// A piece of a body.
    case body(Data)
    /// Publishes up to a tag, or that one alone, are safe.
    case confirmed(tag: UInt64, multiple: Bool)
    /// Publishes up to a tag, or that one alone, were refused.
    case refused(tag: UInt64, multiple: Bool)
    /// The broker ended the channel's consumer.
    case cancelled
    /// The broker reads no publishes for now.
    case blocked(reason: String)
    /// It does again.
    case unblocked
    /// The broker closed the channel.
    case channelClosed(code: Int, reason: String)
    /// The broker closes the connection.
    case connectionClosed(reason: String)
    /// Nothing to act upon.
    case other
}

/// Why a connection does not go on.
enum AMQPFailure: Error {
    /// The broker refused a request; the channel is closed and the connection goes on.
    case refused(code: Int, reason: String)
    /// The connection has ended.
    case broken(reason: String)
}

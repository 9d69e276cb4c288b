import CRabbitMQ

/// One connection over librabbitmq, in the hands of one thread.
///
/// `@safe`: the handle is its own, made in `init` and freed in `deinit`; no pointer into it leaves a method.
@safe final class AMQPConnection {
    /// The largest frame, as the broker's own default: a smaller one would not take every message's header.
    static let frameBytesMax: Int32 = 128 << 10
    /// The kernel's limit for a socket's buffer (`net.core.wmem_max`) on a common machine; it says there is room when a
    /// third of it is free.
    static let sendBufferBytes: Int32 = 208 << 10
    /// No more than this is written between two looks at the room: less than a third of the buffer, with a header.
    static let pieceBytes = 16 << 10

    let state: amqp_connection_state_t
    /// Who is logged in: the only user that a message may name as its own.
    let user: String
    var bytesSinceLook = 0
    /// The queues that are declared here, among which the broker moves messages by itself.
    var ownQueues: Set<String> = []

    /// Connects, logs in and checks the broker's version.
    ///
    /// - Parameters:
    ///   - configuration: Where and how.
    ///   - purpose: Added to the connection's name.
    /// - Throws: Why there is no connection.
    init(_ configuration: RabbitMQConfiguration, purpose: String) throws(RabbitMQError) {
        guard let state = unsafe amqp_new_connection() else { throw .failed(reason: "no memory") }
        unsafe self.state = state
        user = configuration.user
        unsafe sluice_amqp_set_timeouts(state, configuration.answerMilliseconds)
        try openSocket(configuration)
        try logIn(configuration, purpose: purpose)
        try checkVersion()
    }

    deinit { unsafe amqp_destroy_connection(state) }

    /// How often ``nextFrame()`` has to be called: half of the heartbeat that both sides agreed on.
    var heartbeatWaitMilliseconds: Int32 { unsafe amqp_get_heartbeat(state) * 500 }

    /// The socket to wait for.
    var socket: Int32 { unsafe amqp_get_sockfd(state) }
}

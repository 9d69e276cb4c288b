import Messaging

extension AMQPFailure {
    /// What the broker or the library said.
    var reason: String {
        switch self {
        case .refused(_, let reason), .broken(let reason): reason
        }
    }
}

extension RabbitMQError {
    /// A failure while the connection is made.
    init(_ failure: AMQPFailure) { self = .failed(reason: failure.reason) }
}

extension BrokerError {
    /// A request that the broker refused, by its reply code (AMQP 0-9-1, section 1.2).
    ///
    /// - Parameters:
    ///   - code: The reply code.
    ///   - reason: The broker's own words, which name the user.
    ///   - queue: The queue that it is about.
    ///   - right: What the user has to be allowed, as RabbitMQ calls it.
    init(refusal code: Int, reason: String, queue: String, needing right: String = "configure and read") {
        switch code {
        // To make a queue with dead letters needs the right to publish them, too.
        case 403 where reason.contains("to exchange"):
            self = .refused(queue: queue, reason: "\(reason); give the user the right to write to the exchange")
        case 403: self = .refused(queue: queue, reason: "\(reason); give the user the right to \(right) it")
        case 404: self = .unknownQueue(queue)
        case 406 where reason.contains("queue limit"):
            self = .refused(
                queue: queue, reason: "the limit max-queues of the virtual host is reached; raise it: \(reason)")
        case 406: self = .queueDiffers(queue: queue, reason: reason)
        default: self = .unavailable(reason: reason)
        }
    }

    /// Whether the broker keeps something from this user.
    var isRefusal: Bool { if case .refused = self { true } else { false } }
}

extension SocketWait {
    /// Without a socket, until an instant.
    static func until(_ instant: ContinuousClock.Instant?) -> SocketWait {
        guard let instant else { return SocketWait(socket: -1, milliseconds: .max) }
        let left = ContinuousClock.now.duration(to: instant)
        // Rounded up, so that the thread does not wake a little early again and again.
        return SocketWait(socket: -1, milliseconds: Int32(clamping: max(0, Int64(left / .milliseconds(1)) + 1)))
    }
}

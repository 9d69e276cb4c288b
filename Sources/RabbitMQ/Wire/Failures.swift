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
    init(refusal code: Int, reason: String, queue: String) {
        switch code {
        case 403: self = .refused(queue: queue, reason: "\(reason); give the user the right to it")
        case 404: self = .unknownQueue(queue)
        case 406 where reason.contains("queue limit"):
            self = .refused(
                queue: queue, reason: "the limit max-queues of the virtual host is reached; raise it: \(reason)")
        case 406: self = .queueDiffers(queue: queue, reason: reason)
        default: self = .unavailable(reason: reason)
        }
    }
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

/// Why no connection to RabbitMQ could be made.
package enum RabbitMQError: Error, Sendable, Hashable {
    /// Nobody answers there: check host, port and network.
    case unreachable(host: String, port: Int, reason: String)
    /// Somebody answers, but not in time.
    case timedOut(host: String, port: Int)
    /// The TLS connection cannot be made: check the certificate files and the host's name.
    case tls(host: String, port: Int, reason: String)
    /// The broker does not know the user or the password.
    case accessRefused(user: String)
    /// The virtual host is missing, or the user may not use it.
    case vhostRefused(vhost: String, user: String, reason: String)
    /// The broker, the virtual host or the user has as many connections as it may, such as `max-connections`.
    case limitReached(reason: String)
    /// The broker is none that this client knows: RabbitMQ from 3.10 on, below 5.
    case unsupportedBroker(product: String, version: String)
    /// Anything else that ended the connection while it was made.
    case failed(reason: String)

    /// Whether a broker that starts or is away for a moment answers so.
    var isWorthWaiting: Bool {
        switch self {
        case .unreachable, .timedOut, .failed: true
        // A virtual host comes up a little after its broker.
        case .vhostRefused(_, _, let reason): reason.contains("is down")
        case .tls, .accessRefused, .limitReached, .unsupportedBroker: false
        }
    }
}

extension RabbitMQError: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .unreachable(let host, let port, let reason):
            "RabbitMQ cannot be reached at \(host):\(port): \(reason); check host, port and network"
        case .timedOut(let host, let port): "RabbitMQ at \(host):\(port) did not answer in time"
        case .tls(let host, let port, let reason):
            "no TLS connection to RabbitMQ at \(host):\(port): \(reason); check the certificate files and the host name"
        case .accessRefused(let user): "RabbitMQ refuses the user \(user); check user and password"
        case .vhostRefused(let vhost, let user, let reason):
            "RabbitMQ does not let the user \(user) into the virtual host \(vhost): \(reason)"
        case .limitReached(let reason):
            "RabbitMQ has reached a limit of connections, such as max-connections; raise it: \(reason)"
        case .unsupportedBroker(let product, let version):
            "the broker is \(product) \(version); this program needs RabbitMQ 3.10 or later, below 5"
        case .failed(let reason): "the connection to RabbitMQ failed: \(reason)"
        }
    }
}

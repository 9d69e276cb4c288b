/// What is wrong with a broker's URL.
///
/// No case carries the URL or the part that may hold the password.
package enum RabbitMQConfigurationError: Error, Sendable, Hashable {
    /// It cannot be read as a URL at all, or as one whose password ends where it seems to.
    case notAURL
    /// It begins neither with `amqp://` nor with `amqps://`.
    case unknownScheme
    /// It names no host.
    case noHost
    /// The port is not from 1 to 65535.
    case badPort
    /// The virtual host has an unencoded slash or a broken percent code.
    case badVhost
    /// A part holds a zero byte.
    case zeroByte
    /// The heartbeat is no whole number of seconds from 1 to 600.
    case badHeartbeat
    /// A query parameter that nothing reads.
    case unknownParameter(name: String)
    /// A certificate file on a connection in the clear.
    case filesWithoutTLS(name: String)
    /// A certificate without its key, or a key without its certificate.
    case halfACertificate
}

extension RabbitMQConfigurationError: CustomStringConvertible {
    /// One sentence for a person.
    package var description: String {
        switch self {
        case .notAURL:
            "the broker's URL cannot be read; write special characters of user and password in percent form: @ as %40, "
                + ": as %3A, / as %2F, ? as %3F, # as %23, % as %25, a space as %20"
        case .unknownScheme: "the broker's URL must begin with amqp:// or amqps://"
        case .noHost: "the broker's URL names no host"
        case .badPort: "the port in the broker's URL must be from 1 to 65535"
        case .badVhost: "the virtual host in the broker's URL must be percent-encoded, a slash as %2F"
        case .zeroByte: "the broker's URL holds a zero byte"
        case .badHeartbeat: "heartbeat in the broker's URL must be whole seconds from 1 to 600"
        case .unknownParameter(let name):
            "\(name) in the broker's URL is unknown; there are heartbeat, cacertfile, certfile and keyfile"
        case .filesWithoutTLS(let name): "\(name) in the broker's URL needs amqps://"
        case .halfACertificate: "certfile and keyfile in the broker's URL need each other"
        }
    }
}

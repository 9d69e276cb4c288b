import Foundation

/// Where RabbitMQ is and how to reach it.
package struct RabbitMQConfiguration: Sendable, Hashable {
    /// The files of a TLS connection, in PEM.
    package struct TLS: Sendable, Hashable {
        /// The authorities that may vouch for the broker.
        package var authorityFile = "/etc/ssl/certs/ca-certificates.crt"
        /// This client's certificate with its chain; nil for none.
        package var certificateFile: String?
        /// Its private key, without a passphrase.
        package var keyFile: String?

        /// The distribution's authorities and no certificate of one's own.
        package init() {}
    }

    /// The host's name or address.
    package var host: String
    /// The port: 5672, or 5671 with TLS, unless the URL says otherwise.
    package var port: Int
    /// The virtual host.
    package var vhost: String
    /// The user.
    package var user: String
    /// The password; never printed.
    package var password: String
    /// Nil for a connection in the clear.
    package var tls: TLS?
    /// How often each side says that it lives, in whole seconds from 1 to 600.
    ///
    /// A silent connection is given up after twice this time.
    package var heartbeatSeconds: Int
    /// What the broker's own tools call the connections of this process.
    package var connectionName: String
    /// How long a consumer may bring nothing before it is started anew, in case that the broker has forgotten it.
    ///
    /// An idle connection for publishes is looked after as often, and at least each 10 s.
    package var idleConsumerMax: Duration = .seconds(30)
    /// How long making a connection and each request may take.
    package var answerTimeout: Duration = .seconds(10)

    var answerMilliseconds: Int32 { Int32(max(1, min(600_000, answerTimeout / .milliseconds(1)))) }

    /// Reads an `amqp://` or `amqps://` URL (<https://www.rabbitmq.com/docs/uri-spec>).
    ///
    /// `amqp://user:password@host:port/vhost?heartbeat=10`, each part percent-encoded; user and password default to
    /// `guest`, the virtual host to `/`. Query parameters, as the URL's specification names them: `heartbeat`,
    /// `cacertfile`, `certfile` and `keyfile`.
    ///
    /// - Throws: ``RabbitMQConfigurationError``, without the password.
    package init(url text: String, connectionName: String) throws(RabbitMQConfigurationError) {
        // The text itself is in no error: it holds the password.
        guard Self.endsWhereItSays(text), let parts = URLComponents(string: text) else { throw .notAURL }
        switch parts.scheme?.lowercased() {
        case "amqp": tls = nil
        case "amqps": tls = TLS()
        default: throw .unknownScheme
        }
        guard let host = parts.host, !host.isEmpty else { throw .noHost }
        // An IPv6 address stands in brackets there.
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (tls == nil ? 5672 : 5671)
        guard (1...65535).contains(port) else { throw .badPort }
        user = parts.user ?? "guest"
        password = parts.password ?? "guest"
        vhost = try Self.vhost(path: parts.percentEncodedPath)
        heartbeatSeconds = 10
        self.connectionName = connectionName
        // C strings end at the first zero byte.
        guard ![self.host, user, password, vhost].contains(where: { $0.utf8.contains(0) }) else { throw .zeroByte }
        for item in parts.queryItems ?? [] { try set(item.name, item.value ?? "") }
        guard (tls?.certificateFile == nil) == (tls?.keyFile == nil) else { throw .halfACertificate }
    }

    /// Whether user and password can end only where RFC 3986, section 3.2, ends them.
    ///
    /// A bare `@`, `/`, `?` or `#` in a password makes host, virtual host and parameters of what follows it, and those are
    /// printed, and looked up by name.
    private static func endsWhereItSays(_ text: String) -> Bool {
        // By scalars: a letter may join its accent to one character with what comes before.
        let scalars = text.drop { $0 != "/" }.dropFirst(2).unicodeScalars
        let authority = scalars.prefix { !"/?#".unicodeScalars.contains($0) }
        return authority.count(where: { $0 == "@" }) <= 1
            && !scalars[authority.endIndex...].contains { "@#".unicodeScalars.contains($0) }
    }

    private static func vhost(path: String) throws(RabbitMQConfigurationError) -> String {
        let encoded = path.dropFirst()
        guard !encoded.isEmpty else { return "/" }
        guard !encoded.contains("/"), let vhost = String(encoded).removingPercentEncoding else { throw .badVhost }
        return vhost
    }

    private mutating func set(_ name: String, _ value: String) throws(RabbitMQConfigurationError) {
        if name == "heartbeat" {
            guard let seconds = Int(value), (1...600).contains(seconds) else { throw .badHeartbeat }
            heartbeatSeconds = seconds
            return
        }
        guard ["cacertfile", "certfile", "keyfile"].contains(name) else { throw .unknownParameter(name: name) }
        guard tls != nil else { throw .filesWithoutTLS(name: name) }
        switch name {
        case "cacertfile": tls?.authorityFile = value
        case "certfile": tls?.certificateFile = value
        default: tls?.keyFile = value
        }
    }
}

extension RabbitMQConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without its password and files.
    package var description: String {
        "\(tls == nil ? "amqp" : "amqps")://\(user)@\(host):\(port)/\(vhost == "/" ? "%2F" : vhost)"
    }

    /// The same: no way of printing shows the password.
    package var debugDescription: String { description }

    /// Without children, so that `dump` does not show the password either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

import CRabbitMQ
import Glibc

// Connecting.
extension AMQPConnection {
    func openSocket(_ configuration: RabbitMQConfiguration) throws(RabbitMQError) {
        let (host, port) = (configuration.host, configuration.port)
        guard let socket = try unsafe newSocket(configuration) else { throw .failed(reason: "no memory") }
        let status = unsafe sluice_amqp_socket_open(socket, host, Int32(port), configuration.answerMilliseconds)
        switch status {
        case AMQP_STATUS_OK.rawValue: break
        case AMQP_STATUS_TIMEOUT.rawValue: throw .timedOut(host: host, port: port)
        case AMQP_STATUS_SSL_ERROR.rawValue, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue,
            AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue, AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue:
            throw .tls(host: host, port: port, reason: Self.text(of: status))
        default: throw .unreachable(host: host, port: port, reason: Self.text(of: status))
        }
        var size = Self.sendBufferBytes
        unsafe setsockopt(self.socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    func newSocket(_ configuration: RabbitMQConfiguration) throws(RabbitMQError) -> OpaquePointer? {
        guard let tls = configuration.tls else { return unsafe amqp_tcp_socket_new(state) }
        guard let socket = unsafe amqp_ssl_socket_new(state) else { return nil }
        let failure = { (reason: String) in
            RabbitMQError.tls(host: configuration.host, port: configuration.port, reason: reason)
        }
        unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        unsafe amqp_ssl_socket_set_verify_peer(socket, 1)
        unsafe amqp_ssl_socket_set_verify_hostname(socket, 1)
        guard unsafe amqp_ssl_socket_set_cacert(socket, tls.authorityFile) == AMQP_STATUS_OK.rawValue else {
            throw failure("the authorities in \(tls.authorityFile) cannot be read")
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile,
            unsafe amqp_ssl_socket_set_key(socket, certificate, key) != AMQP_STATUS_OK.rawValue
        {
            throw failure("the certificate in \(certificate) with the key in \(key) cannot be used")
        }
        return unsafe socket
    }

    func logIn(_ configuration: RabbitMQConfiguration, purpose: String) throws(RabbitMQError) {
        var arena = AMQPArena()
        let capabilities = ["connection.blocked", "consumer_cancel_notify", "basic.nack", "publisher_confirms"]
        let properties = unsafe arena.table([
            ("product", .text("sluice")), ("connection_name", .text("\(configuration.connectionName) \(purpose)")),
            ("capabilities", .flags(capabilities)),
        ])
        let reply = unsafe withUnsafePointer(to: properties) { properties in
            unsafe sluice_amqp_login(
                state, configuration.vhost, 0, Self.frameBytesMax, Int32(configuration.heartbeatSeconds), properties,
                configuration.user, configuration.password)
        }
        arena.free()
        if unsafe reply.reply_type == AMQP_RESPONSE_NORMAL { return try checkFrameSize() }
        let (host, port) = (configuration.host, configuration.port)
        if unsafe reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION {
            let (code, reason) = unsafe Self.refusal(reply)
            switch code {
            case _ where reason.contains("limit ("): throw .limitReached(reason: reason)
            case 403 where !reason.contains("vhost"): throw .accessRefused(user: configuration.user)
            case 403, 530: throw .vhostRefused(vhost: configuration.vhost, user: configuration.user, reason: reason)
            default: throw .failed(reason: reason)
            }
        }
        switch unsafe reply.library_error {
        case AMQP_STATUS_TIMEOUT.rawValue: throw .timedOut(host: host, port: port)
        // A broker that wants a client's certificate says so after the handshake of TLS 1.3.
        case AMQP_STATUS_SSL_ERROR.rawValue:
            throw .tls(host: host, port: port, reason: "the broker ended it; it may want a client certificate")
        case let status: throw .failed(reason: Self.text(of: status))
        }
    }

    /// A smaller frame would not take every header, and the library writes a body's piece beyond its buffer.
    func checkFrameSize() throws(RabbitMQError) {
        let bytes = unsafe amqp_get_frame_max(state)
        guard bytes >= Self.frameBytesMax else {
            throw .failed(reason: "its frame_max is \(bytes); set it to \(Self.frameBytesMax), which is its default")
        }
    }

    func checkVersion() throws(RabbitMQError) {
        var found: [String: String] = [:]
        let table = unsafe amqp_get_server_properties(state).pointee
        for index in 0..<Int(unsafe table.num_entries) {
            let entry = unsafe table.entries[index]
            guard unsafe entry.value.kind == UInt8(AMQP_FIELD_KIND_UTF8.rawValue) else { continue }
            unsafe found[MessageProperties.text(entry.key).text] =
                MessageProperties.text(entry.value.value.bytes).text
        }
        let (product, version) = (found["product"] ?? "unknown", found["version"] ?? "unknown")
        let numbers = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        guard product == "RabbitMQ", numbers.count == 2, (numbers[0] == 3 && numbers[1] >= 10) || numbers[0] == 4
        else { throw .unsupportedBroker(product: product, version: version) }
    }
}

import CRabbitMQ
import FoundationEssentials
import Glibc

/// One connection over librabbitmq, in the hands of one thread.
///
/// `@safe`: the handle is its own, made in `init` and freed in `deinit`; no pointer into it leaves a method.
@safe final class AMQPConnection {
    /// How long making a connection and each request may take.
    private static let timeoutSeconds: Int32 = 10
    /// The largest frame, as the broker's own default: a smaller one would not take every message's header.
    private static let frameBytesMax: Int32 = 128 << 10
    /// The kernel's limit for a socket's buffer (`net.core.wmem_max`) on a common machine; it says there is room when a
    /// third of it is free.
    private static let sendBufferBytes: Int32 = 208 << 10
    /// No more than this is written between two looks at the room: less than a third of the buffer, with a header.
    static let pieceBytes = 16 << 10

    private let state: amqp_connection_state_t
    private var bytesSinceLook = 0

    /// Connects, logs in and checks the broker's version.
    ///
    /// - Parameters:
    ///   - configuration: Where and how.
    ///   - purpose: Added to the connection's name.
    /// - Throws: Why there is no connection.
    init(_ configuration: RabbitMQConfiguration, purpose: String) throws(RabbitMQError) {
        guard let state = unsafe amqp_new_connection() else { throw .failed(reason: "no memory") }
        unsafe self.state = state
        unsafe sluice_amqp_set_timeouts(state, Self.timeoutSeconds)
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

// MARK: - Connecting

extension AMQPConnection {
    private func openSocket(_ configuration: RabbitMQConfiguration) throws(RabbitMQError) {
        let (host, port) = (configuration.host, configuration.port)
        guard let socket = try unsafe newSocket(configuration) else { throw .failed(reason: "no memory") }
        let status = unsafe sluice_amqp_socket_open(socket, host, Int32(port), Self.timeoutSeconds)
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

    private func newSocket(_ configuration: RabbitMQConfiguration) throws(RabbitMQError) -> OpaquePointer? {
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

    private func logIn(_ configuration: RabbitMQConfiguration, purpose: String) throws(RabbitMQError) {
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
    private func checkFrameSize() throws(RabbitMQError) {
        let bytes = unsafe amqp_get_frame_max(state)
        guard bytes >= Self.frameBytesMax else {
            throw .failed(reason: "its frame_max is \(bytes); set it to \(Self.frameBytesMax), which is its default")
        }
    }

    private func checkVersion() throws(RabbitMQError) {
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

// MARK: - Requests that wait for their answer

extension AMQPConnection {
    /// Opens a channel.
    func openChannel(_ channel: UInt16) throws(AMQPFailure) {
        unsafe amqp_channel_open(state, channel)
        try checkReply(on: channel)
    }

    /// Closes a channel; what was delivered on it and not settled goes back to its queue.
    func closeChannel(_ channel: UInt16) throws(AMQPFailure) {
        try unsafe check(amqp_channel_close(state, channel, 200), on: channel)
    }

    /// Lets the broker confirm what is published on a channel.
    func confirmPublishes(on channel: UInt16) throws(AMQPFailure) {
        unsafe amqp_confirm_select(state, channel)
        try checkReply(on: channel)
    }

    /// Makes a queue, or checks that one with these arguments exists.
    func declare(_ queue: DeclaredQueue, on channel: UInt16) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        let arguments = unsafe arena.table(
            queue.arguments.sorted { $0.key < $1.key }.map { name, argument in
                switch argument {
                case .text(let text): (name, .text(text))
                case .number(let number): (name, .number(number))
                }
            })
        unsafe amqp_queue_declare(state, channel, arena.bytes(queue.name), 0, 1, 0, 0, arguments)
        try checkReply(on: channel)
    }

    /// How many messages of a queue wait.
    func readyCount(of queue: String, on channel: UInt16) throws(AMQPFailure) -> Int {
        var arena = AMQPArena()
        defer { arena.free() }
        let found = unsafe amqp_queue_declare(
            state, channel, arena.bytes(queue), 1, 1, 0, 0, amqp_empty_table)
        try checkReply(on: channel)
        return unsafe found.map { Int(unsafe $0.pointee.message_count) } ?? 0
    }

    /// Starts to consume a queue on a channel, with so many deliveries in hand at most.
    func consume(_ queue: String, prefetch: Int, on channel: UInt16) throws(AMQPFailure) {
        // Not global: that would close the connection on quorum queues.
        unsafe amqp_basic_qos(state, channel, 0, UInt16(clamping: prefetch), 0)
        try checkReply(on: channel)
        var arena = AMQPArena()
        defer { arena.free() }
        unsafe amqp_basic_consume(
            state, channel, arena.bytes(queue), arena.bytes(Self.consumerTag), 0, 0, 0, amqp_empty_table)
        try checkReply(on: channel)
    }

    /// Takes the first message that waits in a queue; nil where none does.
    func get(_ queue: String, on channel: UInt16) throws(AMQPFailure) -> ContentAssembler.Content? {
        var arena = AMQPArena()
        defer { arena.free() }
        let reply = unsafe amqp_basic_get(state, channel, arena.bytes(queue), 0)
        var (tag, isRedelivered): (UInt64, Int32) = (0, 0)
        let isThere = unsafe withUnsafePointer(to: reply) { unsafe sluice_amqp_got($0, &tag, &isRedelivered) } != 0
        try unsafe check(reply, on: channel)
        guard isThere else { return nil }
        var message = unsafe amqp_message_t()
        try unsafe check(amqp_read_message(state, channel, &message, 0), on: channel)
        defer { unsafe amqp_destroy_message(&message) }
        var content = ContentAssembler.Content(
            tag: tag, isRedelivered: isRedelivered != 0,
            properties: unsafe withUnsafePointer(to: message.properties) { unsafe MessageProperties($0) })
        if let start = unsafe message.body.bytes {
            unsafe content.body = Data(bytes: start, count: message.body.len)
        }
        return content
    }

    /// Says goodbye, with an answer waited for `seconds` at most.
    func close(waitingSeconds seconds: Int32) {
        unsafe sluice_amqp_set_timeouts(state, seconds)
        _ = unsafe amqp_connection_close(state, 200)
    }

    /// A channel has one consumer at most, so they may share a name.
    private static let consumerTag = "sluice"

    private func checkReply(on channel: UInt16) throws(AMQPFailure) {
        try unsafe check(amqp_get_rpc_reply(state), on: channel)
    }

    private func check(_ reply: amqp_rpc_reply_t, on channel: UInt16) throws(AMQPFailure) {
        switch unsafe reply.reply_type {
        case AMQP_RESPONSE_NORMAL: unsafe amqp_maybe_release_buffers(state)
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            let refusal = unsafe withUnsafePointer(to: reply) { unsafe sluice_amqp_refusal($0) }
            let (code, reason) = unsafe Self.refusal(reply)
            guard unsafe refusal.kind == SLUICE_AMQP_CHANNEL_CLOSE else { throw .broken(reason: reason) }
            try sent(unsafe sluice_amqp_send_channel_close_ok(state, channel))
            unsafe amqp_maybe_release_buffers(state)
            throw .refused(code: code, reason: reason)
        default: throw .broken(reason: Self.text(of: unsafe reply.library_error))
        }
    }

    private static func refusal(_ reply: amqp_rpc_reply_t) -> (code: Int, reason: String) {
        let frame = unsafe withUnsafePointer(to: reply) { unsafe sluice_amqp_refusal($0) }
        return unsafe (Int(frame.code), MessageProperties.text(frame.text).text)
    }

    private static func text(of status: Int32) -> String {
        unsafe String(cString: amqp_error_string2(status))
    }
}

// MARK: - Frames

extension AMQPConnection {
    /// The next frame that is there, with its channel; nil where none is.
    ///
    /// It reads until the socket has nothing more to give, so that bytes in a TLS buffer are seen. To be called at
    /// least once a heartbeat, because heartbeats are sent and missed here.
    func nextFrame() throws(AMQPFailure) -> (channel: UInt16, frame: AMQPFrame)? {
        var raw = unsafe sluice_amqp_frame()
        switch unsafe sluice_amqp_next(state, &raw) {
        case AMQP_STATUS_OK.rawValue: break
        case AMQP_STATUS_TIMEOUT.rawValue: return nil
        case let status: throw .broken(reason: Self.text(of: status))
        }
        defer { unsafe amqp_maybe_release_buffers(state) }
        return unsafe (raw.channel, frame(raw))
    }

    private func frame(_ raw: sluice_amqp_frame) -> AMQPFrame {
        let text = { unsafe MessageProperties.text(raw.text).text }
        switch unsafe raw.kind {
        case SLUICE_AMQP_DELIVER: return unsafe .deliver(tag: raw.number, isRedelivered: raw.flag != 0)
        case SLUICE_AMQP_RETURN: return .returned(queue: text())
        case SLUICE_AMQP_HEADER: return unsafe .header(MessageProperties(raw.properties), bodyBytes: raw.number)
        case SLUICE_AMQP_BODY:
            guard let start = unsafe raw.text.bytes else { return .body(Data()) }
            return unsafe .body(Data(bytes: start, count: raw.text.len))
        case SLUICE_AMQP_ACK: return unsafe .confirmed(tag: raw.number, multiple: raw.flag != 0)
        case SLUICE_AMQP_NACK: return unsafe .refused(tag: raw.number, multiple: raw.flag != 0)
        case SLUICE_AMQP_CANCEL: return .cancelled
        case SLUICE_AMQP_BLOCKED: return .blocked(reason: text())
        case SLUICE_AMQP_UNBLOCKED: return .unblocked
        case SLUICE_AMQP_CHANNEL_CLOSE:
            unsafe sluice_amqp_send_channel_close_ok(state, raw.channel)
            return .channelClosed(reason: text())
        case SLUICE_AMQP_CONNECTION_CLOSE:
            unsafe sluice_amqp_send_connection_close_ok(state)
            return .connectionClosed(reason: text())
        default: return .other
        }
    }

    /// Whether the kernel takes what one call below writes, so that none of them waits.
    func hasRoom() -> Bool {
        guard bytesSinceLook >= Self.pieceBytes else { return true }
        var descriptor = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&descriptor, 1, 0) == 1 else { return false }
        bytesSinceLook = 0
        return true
    }

    /// Holds back what is written until the end of `body`, so that small frames share packets.
    func together(_ body: () throws(AMQPFailure) -> Void) throws(AMQPFailure) {
        setCork(true)
        defer { setCork(false) }
        try body()
    }

    private func setCork(_ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Begins a publish to a queue: all but its body.
    func sendPublish(
        to queue: String, id: String, headers: [String: String], bodyBytes: Int, on channel: UInt16
    ) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        try sent(unsafe sluice_amqp_send_publish(state, channel, arena.bytes(queue)))
        var properties = unsafe amqp_basic_properties_t()
        unsafe properties._flags = amqp_flags_t(
            AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG
                | AMQP_BASIC_HEADERS_FLAG)
        unsafe properties.content_type = arena.bytes("application/json")
        unsafe properties.delivery_mode = UInt8(AMQP_DELIVERY_PERSISTENT.rawValue)
        unsafe properties.message_id = arena.bytes(id)
        unsafe properties.headers = arena.table(headers.map { ($0.key, .text($0.value)) })
        try sent(unsafe sluice_amqp_send_header(state, channel, UInt64(bodyBytes), &properties))
        bytesSinceLook += 200 + headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }

    /// Sends a piece of a body, ``pieceBytes`` at most.
    func sendBody(_ piece: Data, on channel: UInt16) throws(AMQPFailure) {
        let status = unsafe piece.withUnsafeBytes { bytes in
            unsafe sluice_amqp_send_body(state, channel, bytes.baseAddress, bytes.count)
        }
        bytesSinceLook += piece.count
        try sent(status)
    }

    /// Acknowledges a delivery, or all up to it.
    func acknowledge(_ tag: UInt64, multiple: Bool, on channel: UInt16) throws(AMQPFailure) {
        try sent(unsafe amqp_basic_ack(state, channel, tag, multiple ? 1 : 0))
    }

    /// Gives a delivery back.
    func handBack(_ tag: UInt64, on channel: UInt16) throws(AMQPFailure) {
        try sent(unsafe amqp_basic_nack(state, channel, tag, 0, 1))
    }

    /// Ends the channel's consumer; deliveries may still be on their way.
    func cancelConsumer(on channel: UInt16) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        try sent(unsafe sluice_amqp_send_cancel(state, channel, arena.bytes(Self.consumerTag)))
    }

    private func sent(_ status: Int32) throws(AMQPFailure) {
        guard status == AMQP_STATUS_OK.rawValue else { throw .broken(reason: Self.text(of: status)) }
    }
}

import CRabbitMQ
import FoundationEssentials
import Glibc
import Messaging

// What is read and written.
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

    func frame(_ raw: sluice_amqp_frame) -> AMQPFrame {
        let text = { unsafe MessageProperties.text(raw.text).text }
        switch unsafe raw.kind {
        case SLUICE_AMQP_DELIVER: return unsafe .deliver(tag: raw.number, isRedelivered: raw.flag != 0)
        case SLUICE_AMQP_RETURN: return .returned(queue: text())
        case SLUICE_AMQP_HEADER:
            return unsafe .header(MessageProperties(raw.properties, ownQueues: ownQueues), bodyBytes: raw.number)
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
            return unsafe .channelClosed(code: Int(raw.code), reason: text())
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

    func setCork(_ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Begins a publish to a queue: all but its body.
    func sendPublish(_ message: Message, to queue: String, on channel: UInt16) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        try sent(unsafe sluice_amqp_send_publish(state, channel, arena.bytes(queue)))
        let origin = message.origin ?? Data()
        // What is read from the origin points into it.
        let status = unsafe origin.withUnsafeBytes { origin in
            var properties = unsafe arena.properties(of: message, origin: origin, user: user)
            return unsafe sluice_amqp_send_header(state, channel, UInt64(message.body.count), &properties)
        }
        bytesSinceLook +=
            200 + origin.count + message.headers.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        try sent(status)
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

    /// Lets the broker move a delivery to its queue's dead letters; where there are none, it is dropped.
    func reject(_ tag: UInt64, on channel: UInt16) throws(AMQPFailure) {
        try sent(unsafe amqp_basic_reject(state, channel, tag, 0))
    }

    /// Waits until there is something to read.
    func waitForFrame(milliseconds: Int32) throws(AMQPFailure) {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while true {
            let found = unsafe poll(&descriptor, 1, milliseconds)
            if found > 0 { return }
            guard found < 0, errno == EINTR else { throw .broken(reason: "the broker does not answer") }
        }
    }

    /// Ends the channel's consumer; deliveries may still be on their way.
    func cancelConsumer(on channel: UInt16) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        try sent(unsafe sluice_amqp_send_cancel(state, channel, arena.bytes(Self.consumerTag)))
    }

    func sent(_ status: Int32) throws(AMQPFailure) {
        guard status == AMQP_STATUS_OK.rawValue else { throw .broken(reason: Self.text(of: status)) }
    }
}

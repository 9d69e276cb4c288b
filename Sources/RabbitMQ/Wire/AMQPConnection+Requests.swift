import CRabbitMQ

// Requests that wait for their answer.
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

    /// Deletes a queue with what is in it.
    func delete(_ queue: String, on channel: UInt16) throws(AMQPFailure) {
        var arena = AMQPArena()
        defer { arena.free() }
        unsafe amqp_queue_delete(state, channel, arena.bytes(queue), 0, 0)
        try checkReply(on: channel)
    }

    /// How many messages of a queue wait, and how many consumers it has.
    func counts(of queue: String, on channel: UInt16) throws(AMQPFailure) -> (ready: Int, consumers: Int) {
        var arena = AMQPArena()
        defer { arena.free() }
        let found = unsafe amqp_queue_declare(
            state, channel, arena.bytes(queue), 1, 1, 0, 0, amqp_empty_table)
        try checkReply(on: channel)
        return unsafe found.map {
            unsafe (Int($0.pointee.message_count), Int($0.pointee.consumer_count))
        } ?? (0, 0)
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

    /// Asks for the first message that waits in a queue, whose header and body follow on the channel; nil where none does.
    func get(_ queue: String, on channel: UInt16) throws(AMQPFailure) -> (tag: UInt64, isRedelivered: Bool)? {
        var arena = AMQPArena()
        defer { arena.free() }
        let reply = unsafe amqp_basic_get(state, channel, arena.bytes(queue), 0)
        var (tag, isRedelivered): (UInt64, Int32) = (0, 0)
        let isThere = unsafe withUnsafePointer(to: reply) { unsafe sluice_amqp_got($0, &tag, &isRedelivered) } != 0
        try unsafe check(reply, on: channel)
        return isThere ? (tag, isRedelivered != 0) : nil
    }

    /// Says goodbye, with an answer waited for `seconds` at most.
    func close(waitingSeconds seconds: Int32) {
        unsafe sluice_amqp_set_timeouts(state, seconds * 1000)
        _ = unsafe amqp_connection_close(state, 200)
    }

    /// A channel has one consumer at most, so they may share a name.
    static let consumerTag = "sluice"

    func checkReply(on channel: UInt16) throws(AMQPFailure) {
        try unsafe check(amqp_get_rpc_reply(state), on: channel)
    }

    func check(_ reply: amqp_rpc_reply_t, on channel: UInt16) throws(AMQPFailure) {
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

    static func refusal(_ reply: amqp_rpc_reply_t) -> (code: Int, reason: String) {
        let frame = unsafe withUnsafePointer(to: reply) { unsafe sluice_amqp_refusal($0) }
        return unsafe (Int(frame.code), MessageProperties.text(frame.text).text)
    }

    static func text(of status: Int32) -> String {
        unsafe String(cString: amqp_error_string2(status))
    }
}

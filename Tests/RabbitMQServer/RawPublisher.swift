import CRabbitMQ
package import Foundation
import Glibc

/// Publishes what no careful client would: the bytes of a message's header as the test has written them.
@safe package final class RawPublisher {
    /// The properties of a message, in the bytes of AMQP 0-9-1, section 4.2.6.1.
    package struct Properties: Sendable {
        /// Its type.
        package var contentType: [UInt8]?
        /// Its encoding.
        package var contentEncoding: [UInt8]?
        /// The entries of the table, without its length.
        package var headers: [UInt8]?
        /// Its id.
        package var id: [UInt8]?
        /// Its priority.
        package var priority: UInt8?
        /// What it answers.
        package var correlationID: [UInt8]?
        /// Where its answer goes.
        package var replyTo: [UInt8]?
        /// How long it waits in a queue at most, in milliseconds.
        package var expiration: [UInt8]?
        /// When it was made, in seconds.
        package var timestamp: UInt64?
        /// Its kind.
        package var type: [UInt8]?
        /// Who published it.
        package var userID: [UInt8]?
        /// The program that published it.
        package var appID: [UInt8]?

        /// Properties of which those that are nil are left out.
        package init(
            contentType: [UInt8]? = nil, contentEncoding: [UInt8]? = nil, headers: [UInt8]? = nil, id: [UInt8]? = nil
        ) {
            self.contentType = contentType
            self.contentEncoding = contentEncoding
            self.headers = headers
            self.id = id
        }

        fileprivate var bytes: [UInt8] {
            let all: [(bit: UInt16, field: [UInt8]?)] = [
                (15, contentType.map(RawPublisher.short)), (14, contentEncoding.map(RawPublisher.short)),
                (13, headers.map(RawPublisher.long)), (11, priority.map { [$0] }),
                (10, correlationID.map(RawPublisher.short)), (9, replyTo.map(RawPublisher.short)),
                (8, expiration.map(RawPublisher.short)), (7, id.map(RawPublisher.short)),
                (6, timestamp.map(RawPublisher.big)), (5, type.map(RawPublisher.short)),
                (4, userID.map(RawPublisher.short)), (3, appID.map(RawPublisher.short)),
            ]
            let set = all.filter { $0.field != nil }
            return RawPublisher.big(set.reduce(into: UInt16(0)) { $0 |= 1 << $1.bit }) + set.flatMap { $0.field ?? [] }
        }
    }

    private let state: amqp_connection_state_t

    /// Connects to a virtual host.
    ///
    /// - Throws: ``RabbitMQServerError``.
    package init(_ server: RabbitMQServer, vhost: String) throws {
        guard let connection = unsafe amqp_new_connection() else {
            throw RabbitMQServerError.failed("there is no memory for a connection")
        }
        unsafe state = unsafe connection
        let socket = unsafe amqp_tcp_socket_new(state)
        guard unsafe amqp_socket_open(socket, "127.0.0.1", Int32(server.port)) == 0 else {
            throw RabbitMQServerError.failed("the broker cannot be reached")
        }
        let reply = unsafe sluice_amqp_login(
            state, vhost, 0, 131_072, 0, nil, RabbitMQServer.user, RabbitMQServer.password)
        guard unsafe reply.reply_type == AMQP_RESPONSE_NORMAL else {
            throw RabbitMQServerError.failed("the broker takes no login")
        }
        unsafe amqp_channel_open(state, 1)
        unsafe amqp_confirm_select(state, 1)
    }

    deinit { unsafe amqp_destroy_connection(state) }

    /// Publishes a message and waits for its confirm.
    ///
    /// - Throws: ``RabbitMQServerError``.
    package func publish(_ properties: Properties, body: Data = Data("{}".utf8), to queue: String) throws {
        // basic.publish to the default exchange.
        try send(1, Self.big(UInt16(60)) + Self.big(UInt16(40)) + [0, 0, 0] + Self.short(Array(queue.utf8)) + [0])
        try send(2, Self.big(UInt16(60)) + [0, 0] + Self.big(UInt64(body.count)) + properties.bytes)
        for start in stride(from: 0, to: body.count, by: 100_000) {
            try send(3, Array(body[start..<min(start + 100_000, body.count)]))
        }
        var frame = unsafe sluice_amqp_frame()
        let end = ContinuousClock.now + .seconds(30)
        while unsafe frame.kind != SLUICE_AMQP_ACK {
            guard .now < end else { throw RabbitMQServerError.failed("the broker does not confirm") }
            guard unsafe frame.kind != SLUICE_AMQP_CONNECTION_CLOSE, unsafe frame.kind != SLUICE_AMQP_CHANNEL_CLOSE
            else { throw RabbitMQServerError.failed("the broker closed the connection") }
            var descriptor = pollfd(fd: unsafe amqp_get_sockfd(state), events: Int16(POLLIN), revents: 0)
            unsafe poll(&descriptor, 1, 100)
            unsafe sluice_amqp_next(state, &frame)
        }
    }

    private func send(_ type: UInt8, _ payload: [UInt8]) throws {
        let frame = [type, 0, 1] + Self.big(UInt32(payload.count)) + payload + [0xce]
        var sent = 0
        while sent < frame.count {
            let count = unsafe frame[sent...].withUnsafeBytes { bytes in
                unsafe Glibc.send(amqp_get_sockfd(state), bytes.baseAddress, bytes.count, 0)
            }
            if count > 0 {
                sent += count
            } else {
                guard errno == EAGAIN else { throw RabbitMQServerError.failed("the broker does not read") }
                var descriptor = pollfd(fd: unsafe amqp_get_sockfd(state), events: Int16(POLLOUT), revents: 0)
                unsafe poll(&descriptor, 1, 100)
            }
        }
    }

    /// An entry of a table.
    package static func entry(_ name: [UInt8], _ kind: Character, _ value: [UInt8]) -> [UInt8] {
        short(name) + [kind.asciiValue ?? 0] + value
    }

    /// A short string.
    package static func short(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count)] + bytes }

    /// A long string, or a table.
    package static func long(_ bytes: [UInt8]) -> [UInt8] { big(UInt32(bytes.count)) + bytes }

    /// A number, the highest byte first.
    package static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// So many lists, each within the one before.
    package static func nested(levels: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(levels * 5)
        for level in (0..<levels).reversed() {
            bytes += [UInt8(ascii: "A")] + big(UInt32(level * 5))
        }
        return Array(bytes.dropFirst())
    }
}

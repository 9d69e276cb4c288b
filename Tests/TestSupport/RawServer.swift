import Foundation
import Glibc
import Synchronization

/// A server on loopback that does to its clients what a real one would not do on purpose.
package final class RawServer: Sendable {
    /// What becomes of a request that was read whole.
    package enum Reply: Sendable {
        /// These bytes, then the end of the connection.
        case send(String)
        /// No byte; the connection stays open until the client closes it.
        case stall
    }

    /// What happened, in order.
    package enum Event: Sendable, Equatable {
        /// A request came in whole.
        case request(String)
        /// The client closed a stalled connection.
        case closedByClient
    }

    /// Where it listens.
    package let port: UInt16
    /// What happens, as it happens.
    package let events: AsyncStream<Event>
    private let listener: Int32
    private let continuation: AsyncStream<Event>.Continuation

    /// Starts a server; `reply` is called on a thread of its own for each request.
    package init(reply: @escaping @Sendable (String) -> Reply) throws {
        (events, continuation) = AsyncStream.makeStream(of: Event.self)
        (listener, port) = try Self.bindToLoopback()
        guard listen(listener, 256) == 0 else { throw POSIXError(.EADDRINUSE) }
        let thread = Thread { [listener, continuation] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread { Self.serve(connection, continuation, reply) }.start()
            }
        }
        thread.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        continuation.finish()
    }

    /// The same as a URL.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// A port that nobody listens on while `body` runs: a socket holds it without listening.
    package static func withSilentPort<Value>(_ body: (UInt16) async throws -> Value) async throws -> Value {
        let (socket, port) = try bindToLoopback()
        defer { close(socket) }
        return try await body(port)
    }

    private static func bindToLoopback() throws -> (socket: Int32, port: UInt16) {
        let socket = Self.makeSocket()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(socket, pointer, length) == 0 && getsockname(socket, pointer, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    private static func makeSocket() -> Int32 {
        Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    }

    private static func serve(
        _ connection: Int32, _ events: AsyncStream<Event>.Continuation, _ reply: (String) -> Reply
    ) {
        defer { close(connection) }
        guard let request = readRequest(connection) else { return }
        events.yield(.request(request))
        switch reply(request) {
        case .send(let bytes): write(bytes, to: connection)
        case .stall:
            while read(connection)?.isEmpty == false {}
            events.yield(.closedByClient)
        }
    }

    /// The head and as many bytes of body as `Content-Length` says.
    private static func readRequest(_ connection: Int32) -> String? {
        var text = ""
        while true {
            if let head = text.range(of: "\r\n\r\n") {
                let length = text[..<head.lowerBound].components(separatedBy: "\r\n")
                    .first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                if text[head.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            guard let more = read(connection), !more.isEmpty else { return nil }
            text += String(decoding: more, as: UTF8.self)
        }
    }

    /// Nil where the connection broke; empty where the client closed it.
    private static func read(_ connection: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(connection, $0.baseAddress, $0.count, 0) }
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    private static func write(_ text: String, to connection: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }
}

import Foundation
import Glibc

/// A connection to a server on loopback that sends what a test says, and reads when a test says so.
package final class RawConnection: Sendable {
    private let socket: Int32

    /// Connects to a port of 127.0.0.1, and sends a text.
    ///
    /// - Throws: ``LoopbackPort/NoPort`` where nobody listens there.
    package init(to port: Int, sending text: String = "") throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard LoopbackPort.connect(socket, to: port) == 0 else { throw LoopbackPort.NoPort() }
        send(text)
    }

    deinit { close(socket) }

    /// Sends a text; what does not fit into the socket's buffer is left out.
    package func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    /// Says that nothing more will be sent.
    package func endSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Reads until the other side closes.
    ///
    /// - Throws: `CancellationError` where the task is cancelled meanwhile, which ends the connection.
    package func rest() async throws -> String {
        let socket = socket
        let rest = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread, because reading blocks.
                Thread.detachNewThread {
                    var (bytes, all) = ([UInt8](repeating: 0, count: 65_536), Data())
                    while case let count = unsafe recv(socket, &bytes, bytes.count, 0), count > 0 {
                        all.append(contentsOf: bytes.prefix(count))
                    }
                    continuation.resume(returning: String(decoding: all, as: UTF8.self))
                }
            }
        } onCancel: {
            shutdown(socket, Int32(SHUT_RDWR))
        }
        try Task.checkCancellation()
        return rest
    }
}

import Foundation
import Glibc
import Synchronization
import TestSupport

/// A way to a server that a test can stop up or cut.
package final class LoopbackProxy: Sendable {
    /// The ways through which a byte may go.
    private struct State {
        var pairs: [(client: Int32, server: Int32)] = []
        var isHeld = false
        var isClosed = false
    }

    /// Where clients connect.
    package let port: Int

    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())

    /// Opens a way to a port of 127.0.0.1, from one that is free or named.
    package init(to target: Int, from port: Int = 0) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard LoopbackPort.bind(to: port, listener) == 0, listen(listener, 16) == 0 else {
            throw RabbitMQServerError.failed("no port is free")
        }
        self.port = LoopbackPort.port(of: listener)
        // A thread, because waiting for sockets blocks. It ends with `close()`.
        Thread.detachNewThread { [self] in run() }
    }

    /// Lets nothing through, as a network that is gone: neither side is told.
    package func hold() { state.withLock { $0.isHeld = true } }

    /// Lets everything through again.
    package func release() { state.withLock { $0.isHeld = false } }

    /// Resets all connections.
    package func cut() {
        state.withLock { state in
            for pair in state.pairs {
                for socket in [pair.client, pair.server] {
                    // A close without lingering is a reset.
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    unsafe setsockopt(
                        socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                    Glibc.close(socket)
                }
            }
            state.pairs = []
        }
    }

    /// Closes the way.
    package func close() {
        cut()
        state.withLock { $0.isClosed = true }
    }

    private func run() {
        while state.withLock({ !$0.isClosed }) {
            let (pairs, isHeld) = state.withLock { ($0.pairs, $0.isHeld) }
            var descriptors = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            if !isHeld {
                for pair in pairs {
                    descriptors.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
                    descriptors.append(pollfd(fd: pair.server, events: Int16(POLLIN), revents: 0))
                }
            }
            // Short, because a test changes the state without a word.
            unsafe poll(&descriptors, nfds_t(descriptors.count), 5)
            if descriptors[0].revents != 0 { accept() }
            for (index, descriptor) in descriptors.enumerated().dropFirst() where descriptor.revents != 0 {
                let pair = pairs[(index - 1) / 2]
                let isFromClient = index % 2 == 1
                pass(from: descriptor.fd, to: isFromClient ? pair.server : pair.client)
            }
        }
        Glibc.close(listener)
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard client >= 0, LoopbackPort.connect(server, to: target) == 0 else {
            Glibc.close(client)
            Glibc.close(server)
            return
        }
        state.withLock { $0.pairs.append((client, server)) }
    }

    private func pass(from source: Int32, to target: Int32) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        state.withLock { state in
            // It may have been cut while this thread waited.
            guard let pair = state.pairs.first(where: { $0.client == source || $0.server == source }) else { return }
            let count = unsafe recv(source, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                _ = unsafe send(target, bytes, count, Int32(MSG_NOSIGNAL))
            } else if count == 0 || errno != EAGAIN {
                Glibc.close(pair.client)
                Glibc.close(pair.server)
                state.pairs.removeAll { $0.client == pair.client }
            }
        }
    }
}

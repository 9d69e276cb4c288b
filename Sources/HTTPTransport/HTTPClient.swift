import Foundation
import Synchronization

/// An HTTP client over libcurl, on a thread of its own.
///
/// Every request uses a new connection unless it says that it may be repeated: libcurl silently sends a request again
/// when a reused connection turns out dead, and a paid request must not be sent twice. It follows no redirect, uses no proxy from the environment, verifies TLS,
/// and sends the path as given.
package final class HTTPClient: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        var isShutDown = false
        var hasEnded = false
        var awaitingEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let transfers: TransferLoop

    /// Starts the client's thread.
    ///
    /// Call ``shutdown()`` at the end.
    ///
    /// - Parameter connectionsMax: How many connections are open at most, so that descriptors are left for others; further
    ///   requests wait for one within their time. Nil for as many as are asked for.
    /// - Throws: ``HTTPError/notConnected(reason:)`` where libcurl cannot be started.
    package init(connectionsMax: Int? = nil) throws(HTTPError) {
        transfers = try TransferLoop(connectionsMax: connectionsMax)
        let thread = Thread { [self] in
            transfers.run()
            ended()
        }
        thread.name = "http-transport"
        thread.start()
    }

    /// Sends a request and gives the answer, whatever its status.
    ///
    /// - Throws: ``HTTPError``, which tells whether the request may have been acted upon. Cancellation ends the transfer
    ///   at once.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let id = state.withLock { state -> UInt64? in
            guard !state.isShutDown else { return nil }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { throw .shutDown }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfers.add(.start(id: id, request, continuation))
            }
        } onCancel: {
            transfers.add(.cancel(id: id))
        }
        return try result.get()
    }

    /// Ends the transfers under way with ``HTTPError/cancelled(wasSent:)`` and waits for the thread's end.
    package func shutdown() async {
        state.withLock { $0.isShutDown = true }
        transfers.add(.stop)
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.awaitingEnd.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func ended() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            return exchange(&state.awaitingEnd, with: [])
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// Replaces a value and gives the old one.
private func exchange<Value>(_ value: inout Value, with new: Value) -> Value {
    let old = value
    value = new
    return old
}

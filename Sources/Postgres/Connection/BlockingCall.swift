import Foundation
import Synchronization

/// A call that blocks, on a thread of its own that ends with it.
enum BlockingCall {
    /// Waits for the call without holding a thread of the shared pool.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}

/// Asks the server, once, to cancel what a connection is doing.
///
/// The request may reach the server after the statement has ended, and would then hit the next one. So the connection
/// is used again only after ``settled()``.
final class Cancellation: Sendable {
    private enum State {
        case unused
        case asking(waiter: CheckedContinuation<Void, Never>?)
        case over
    }

    private let state = Mutex(State.unused)

    /// Asks, unless what was to be cancelled has ended.
    ///
    /// - Parameter ask: Asks and waits for the server to have heard it; blocks.
    func ask(_ ask: @escaping @Sendable () -> Void) {
        let isFirst = state.withLock { state in
            guard case .unused = state else { return false }
            state = .asking(waiter: nil)
            return true
        }
        guard isFirst else { return }
        Thread.detachNewThread { [self] in
            ask()
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state = .over }
                guard case .asking(let waiter) = state else { return nil }
                return waiter
            }
            waiter?.resume()
        }
    }

    /// Waits until the server has heard the request, where there was one; from then on there will be none.
    func settled() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard case .asking = state else {
                    state = .over
                    return true
                }
                state = .asking(waiter: continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Whether cancellation was asked for.
    var isAsked: Bool {
        state.withLock { state in
            if case .asking = state { true } else { false }
        }
    }
}

import Synchronization

/// How much of the invoke API's work a process has under way.
final class LambdaRoom: Sendable {
    private struct State {
        var bytes = 0
        var running: [String: Int] = [:]
    }

    /// Of all payloads that are kept at a time: of the largest, this many fit.
    private static let bytesMax = 16 * LambdaRoutes.payloadBytesMax

    private let state = Mutex(State())

    /// Makes room for a piece of a payload; false where there is none.
    func take(bytes: Int) -> Bool {
        state.withLock { state in
            guard state.bytes + bytes <= Self.bytesMax else { return false }
            state.bytes += bytes
            return true
        }
    }

    /// A payload is not kept any more.
    func free(bytes: Int) { state.withLock { $0.bytes -= bytes } }

    /// Begins an invocation of a function, which ``leave(_:)`` must follow; false where so many are under way.
    func enter(_ function: String, atMost countMax: Int) -> Bool {
        state.withLock { state in
            guard state.running[function, default: 0] < countMax else { return false }
            state.running[function, default: 0] += 1
            return true
        }
    }

    /// An invocation has ended.
    func leave(_ function: String) { state.withLock { $0.running[function, default: 1] -= 1 } }
}

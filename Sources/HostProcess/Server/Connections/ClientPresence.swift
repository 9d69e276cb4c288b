import Synchronization

/// Whether a connection's client is still there: one that has closed its side asks for nothing more.
final class ClientPresence: Sendable {
    private struct State {
        var hasLeft = false
        /// Told once, of the request that is being answered.
        var tell: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Takes note that the client has left.
    func leave() {
        let tell = state.withLock { state in
            state.hasLeft = true
            return state.tell.take()
        }
        tell?()
    }

    /// Waits for what `body` gives, for as long as the client does.
    ///
    /// `body` is cancelled when the client has left, and awaited.
    ///
    /// - Returns: Nil where the client has left.
    /// - Throws: What `body` throws.
    func whileThere<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        let (left, end) = AsyncStream.makeStream(of: Void.self)
        let hasLeft = state.withLock { state in
            state.tell = { end.finish() }
            return state.hasLeft
        }
        guard !hasLeft else { return nil }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in left {}
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

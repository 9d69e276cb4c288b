import Synchronization

/// A pool of connections to one server.
///
/// Connections are made when they are needed and kept; a broken one is replaced by the next who asks. Making one is
/// tried again within the waiting time while the server is away, starting or full; nothing else is ever repeated here
/// without being asked for.
package final class PostgresClient: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        /// Those in use, idle or being made.
        var count = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextID: UInt64 = 0
        var isClosed = false
        var emptied: [CheckedContinuation<Void, Never>] = []
    }

    private enum Place {
        case idle(PostgresConnection)
        case mayOpen
        case full
        case closed
    }

    private static let pauseMin: Duration = .milliseconds(50)
    private static let pauseMax: Duration = .seconds(1)

    /// Where the server is.
    package let configuration: PostgresConfiguration
    /// The most connections at a time.
    package let connectionsMax: Int
    /// The longest that anybody waits for a connection.
    package let waitMax: Duration

    /// Where all connections live: a task that hardly does more than to run statements saves a change of threads there.
    package static var executor: (any TaskExecutor)? { EventLoop.shared }

    private let state = Mutex(State())

    /// Makes a client, which connects when it is first used; ``close()`` it at the end.
    ///
    /// - Parameters:
    ///   - configuration: Where the server is.
    ///   - connectionsMax: The most connections at a time; those of all hosts together must stay below the server's
    ///     `max_connections`.
    ///   - waitMax: The longest that anybody waits for a connection.
    package init(_ configuration: PostgresConfiguration, connectionsMax: Int = 4, waitMax: Duration = .seconds(5)) {
        self.configuration = configuration
        self.connectionsMax = connectionsMax
        self.waitMax = waitMax
    }

    /// A client that nobody closed leaves its connections to the loop, which closes them.
    deinit {
        for connection in state.withLock({ $0.idle }) { connection.leaveBehind() }
    }

    /// Runs one statement.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    package func run(_ statement: PostgresStatement) async throws -> PostgresResult {
        try await withConnection { try await $0.run(statement) }
    }

    /// Lends a connection for the length of a closure.
    ///
    /// One that comes back broken or within a transaction is closed.
    ///
    /// - Throws: ``PostgresError/noConnectionFree(server:limit:)``, ``PostgresError/cannotConnect(server:state:reason:)``,
    ///   ``PostgresError/closed``, or what `body` throws.
    package func withConnection<Value: Sendable>(
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await lease()
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Waits for those that are lent, and closes all; calls from now on throw ``PostgresError/closed``.
    package func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiters) = ([], []) }
            return (state.idle, state.waiters)
        }
        for waiter in waiters { waiter.continuation.resume() }
        for connection in idle { await discard(connection) }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.count > 0 { state.emptied.append(continuation) }
                return state.count == 0
            }
            if isEmpty { continuation.resume() }
        }
    }

    // MARK: - The pool

    private func lease() async throws(PostgresError) -> PostgresConnection {
        let end = ContinuousClock.now + waitMax
        var pause = Self.pauseMin
        while true {
            switch takePlace() {
            case .closed: throw .closed
            case .idle(let connection):
                if connection.isReusable { return connection }
                await discard(connection)
            case .mayOpen:
                do throws(PostgresError) {
                    return try await PostgresConnection.open(configuration)
                } catch {
                    leavePlace()
                    guard error.isWorthWaiting, ContinuousClock.now + pause < end, !Task.isCancelled else {
                        throw error
                    }
                    // No event tells that a server is back.
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, Self.pauseMax)
                }
            case .full:
                guard ContinuousClock.now < end else {
                    throw .noConnectionFree(server: configuration.server, limit: connectionsMax)
                }
                if Task.isCancelled { throw .cancelled }
                await untilFree(by: end)
            }
        }
    }

    private func takePlace() -> Place {
        state.withLock { state in
            if state.isClosed { return .closed }
            if let connection = state.idle.popLast() { return .idle(connection) }
            guard state.count < connectionsMax else { return .full }
            state.count += 1
            return .mayOpen
        }
    }

    private func giveBack(_ connection: PostgresConnection) async {
        guard connection.isReusable else { return await discard(connection) }
        let (isClosed, waiter) = state.withLock { state in
            if !state.isClosed { state.idle.append(connection) }
            return (state.isClosed, state.waiters.isEmpty ? nil : state.waiters.removeFirst().continuation)
        }
        waiter?.resume()
        if isClosed { await discard(connection) }
    }

    private func discard(_ connection: PostgresConnection) async {
        await connection.close()
        leavePlace()
    }

    private func leavePlace() {
        let (waiter, emptied) = state.withLock { state in
            state.count -= 1
            let emptied = state.count == 0 ? state.emptied : []
            if state.count == 0 { state.emptied = [] }
            return (state.waiters.isEmpty ? nil : state.waiters.removeFirst().continuation, emptied)
        }
        waiter?.resume()
        for continuation in emptied { continuation.resume() }
    }

    /// Waits until a place may be free; whoever was woken looks again, so that no place is missed.
    private func untilFree(by end: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(until: end, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    // Given back since it was looked for, or no longer wanted.
                    let mayTake = state.isClosed || !state.idle.isEmpty || state.count < connectionsMax
                    guard !mayTake, !Task.isCancelled else { return false }
                    state.waiters.append((id, continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume()
        }
    }
}

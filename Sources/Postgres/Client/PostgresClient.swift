import FunctionKit
import Synchronization
import Waiting

/// A pool of connections to one server.
///
/// Connections are made when they are needed and kept; a broken one is replaced by the next who asks. Making one is
/// tried again within the waiting time while the server is away, starting or full; nothing else is ever repeated here
/// without being asked for.
package final class PostgresClient: Sendable {
    private struct State {
        /// The last is the one that was used last.
        var idle: [(connection: PostgresConnection, since: ContinuousClock.Instant)] = []
        /// Those in use, idle or being made.
        var count = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextID: UInt64 = 0
        var isClosed = false
        var emptied: [CheckedContinuation<Void, Never>] = []
        /// Until when no further connection is tried: there was no place for one.
        var fullUntil: ContinuousClock.Instant?

        /// Whether a connection is being made: one at a time, so that none takes another's place.
        var isGrowing = false
        /// Why the last one could not be made.
        var failure: PostgresError?

        /// Whether another connection may be made; the first may always.
        func mayOpen(atMost limit: Int) -> Bool {
            !isGrowing && (count == 0 || count < limit && fullUntil.map { $0 <= .now } ?? true)
        }

        /// Takes the place of a connection that is to be made; false where there is none.
        mutating func begin(atMost limit: Int) -> Bool {
            guard mayOpen(atMost: limit) else { return false }
            count += 1
            isGrowing = true
            return true
        }

        mutating func end(_ failure: PostgresError?) {
            isGrowing = false
            self.failure = failure
        }
    }

    private enum Place {
        case idle(PostgresConnection)
        /// The first: there is no other to wait for.
        case mayOpen
        /// A further one, while those that are there may come free.
        case mayGrow
        case full
        case closed
    }

    static let pauseMin: Duration = .milliseconds(50)
    private static let pauseMax: Duration = .seconds(1)
    /// How long a pool goes on with fewer connections after it found no place for another, and after another failed.
    private static let fullFor: Duration = .seconds(30)
    private static let failedFor: Duration = .seconds(1)
    /// How long a connection beyond the first is kept without use, so that others find its place.
    private static let idleMax: Duration = .seconds(10)

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
        for (connection, _) in state.withLock({ $0.idle }) { connection.leaveBehind() }
    }

    /// Runs one statement.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    package func run(_ statement: PostgresStatement) async throws -> PostgresResult {
        try await withConnection { try await $0.run(statement) }
    }

    /// Makes connections now that will be needed, so that a lack of places shows before anything rests on them.
    ///
    /// - Parameter count: How many, at most ``connectionsMax``.
    /// - Returns: How many there are; fewer than `count` where there is no place for more.
    /// - Throws: ``PostgresError`` where there is not even one.
    package func open(_ count: Int) async throws -> Int {
        guard count > 1 else { return try await withConnection { _ in 1 } }
        return try await withConnection { _ in
            do {
                return try await open(count - 1) + 1
            } catch let error as PostgresError {
                if case .noConnectionFree = error { return 1 }
                throw error
            }
        }
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
        for (connection, _) in idle { await discard(connection) }
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
        let end = ProcessClock.now + waitMax
        var pause = Self.pauseMin
        while true {
            switch takePlace() {
            case .closed: throw .closed
            case .idle(let connection):
                if connection.isReusable { return connection }
                await discard(connection)
            case .mayOpen:
                do throws(PostgresError) {
                    let connection = try await PostgresConnection.open(configuration)
                    state.withLock { $0.end(nil) }
                    if othersNeedOne() { Task { await grow() } }
                    return connection
                } catch {
                    state.withLock { $0.end(error) }
                    leavePlace()
                    guard error.isWorthWaiting, ProcessClock.now + pause < end, !Task.isCancelled else {
                        throw error
                    }
                    // No event tells that a server is back.
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, Self.pauseMax)
                }
            case .mayGrow, .full:
                guard ProcessClock.now < end else {
                    throw state.withLock { $0.failure }
                        ?? .noConnectionFree(server: configuration.server, limit: connectionsMax)
                }
                if Task.isCancelled { throw .cancelled }
                await untilFree(by: end)
            }
        }
    }

    private func takePlace() -> Place {
        state.withLock { state in
            if state.isClosed { return .closed }
            if let (connection, _) = state.idle.popLast() { return .idle(connection) }
            guard state.begin(atMost: connectionsMax) else { return .full }
            guard state.count > 1 else { return .mayOpen }
            // A pooler may keep it waiting, and the asker with it, for longer than others need theirs. Its place is counted,
            // so that ``close()`` waits for it.
            Task { await grow() }
            return .mayGrow
        }
    }

    /// Makes a further connection for whoever waits, and more while others wait.
    private func grow() async {
        repeat {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.open(configuration)
                state.withLock { $0.end(nil) }
                await giveBack(connection)
            } catch {
                let pause = error.isLackOfPlaces ? Self.fullFor : Self.failedFor
                state.withLock { state in
                    state.end(error)
                    state.fullUntil = .now + pause
                }
                return leavePlace()
            }
        } while othersNeedOne()
    }

    /// Takes the place of a further connection where somebody waits for one.
    private func othersNeedOne() -> Bool {
        state.withLock { state in
            !state.isClosed && !state.waiters.isEmpty && state.count > 0 && state.begin(atMost: connectionsMax)
        }
    }

    private func giveBack(_ connection: PostgresConnection) async {
        guard connection.isReusable else { return await discard(connection) }
        let (unwanted, waiter) = state.withLock {
            state -> (PostgresConnection?, CheckedContinuation<Void, Never>?) in
            let now = ContinuousClock.now
            if state.isClosed { return (connection, nil) }
            state.idle.append((connection, now))
            if !state.waiters.isEmpty { return (nil, state.waiters.removeFirst().continuation) }
            let isOld = state.idle.count > 1 && now - state.idle[0].since > Self.idleMax
            return (isOld ? state.idle.removeFirst().connection : nil, nil)
        }
        waiter?.resume()
        if let unwanted { await discard(unwanted) }
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
    private func untilFree(by end: ProcessClock.Instant) async {
        await Deadline(end, by: .process).wait { await self.wait() }
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
                    let mayTake =
                        state.isClosed || !state.idle.isEmpty || state.mayOpen(atMost: connectionsMax)
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

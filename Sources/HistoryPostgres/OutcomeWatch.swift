import Postgres
import Synchronization

/// Tells askers when to look at their run again, by `LISTEN` on a connection of its own.
///
/// It begins with the first asker. A broken connection is made again; every asker looks then, because what was said
/// meanwhile is lost.
final class OutcomeWatch: Sendable {
    private typealias Wakeups = AsyncStream<Void>

    private struct State {
        var askers: [String: [UInt64: Wakeups.Continuation]] = [:]
        var nextID: UInt64 = 0
        var listening: Task<Void, Never>?
        var isClosed = false
    }

    private static let pauseMin: Duration = .milliseconds(50)
    private static let pauseMax: Duration = .seconds(2)

    /// Where writers say of which run something has happened; a channel belongs to the whole database.
    private let channel: String
    private let client: PostgresClient
    private let state = Mutex(State())

    init(client: PostgresClient) {
        self.client = client
        channel = "\(client.configuration.schema).questions"
    }

    /// Ends the listening, and the waiting of all askers.
    func close() async {
        let (listening, askers) = state.withLock { state in
            state.isClosed = true
            defer { (state.listening, state.askers) = (nil, [:]) }
            return (state.listening, state.askers)
        }
        for asker in askers.values.joined() { asker.value.finish() }
        listening?.cancel()
        await listening?.value
    }

    /// Tells everybody's askers of some runs.
    var notification: @Sendable ([String]) -> PostgresStatement {
        { [channel] ids in
            PostgresStatement(
                """
                SELECT pg_notify($1, left(id, \(Self.keyLength))) FROM runs
                -- No index knows this condition: a plan by one would read through the whole table.
                WHERE id = ANY($2::text[]) AND state NOT IN ('queued', 'running', 'parked')
                """, [.text(channel), .texts(ids)])
        }
    }

    /// A payload has less than 8,000 bytes; runs whose ids begin alike wake each other.
    private static let keyLength = 200

    private static func key(_ id: String) -> String {
        String(String.UnicodeScalarView(id.unicodeScalars.prefix(keyLength)))
    }

    /// Calls `body` with an instant to look at a run each: now, and whenever something may have happened to it.
    func looks<Value: Sendable>(
        at runID: String, _ body: (AsyncStream<Void>) async throws -> Value
    ) async throws -> Value {
        let key = Self.key(runID)
        let (wakeups, continuation) = Wakeups.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID += 1
            guard !state.isClosed else { return state.nextID }
            state.askers[key, default: [:]][state.nextID] = continuation
            if state.listening == nil {
                // Awaited by `close()`.
                state.listening = Task { await self.listen() }
            }
            return state.nextID
        }
        defer {
            state.withLock { state in
                state.askers[key]?[id] = nil
                if state.askers[key]?.isEmpty == true { state.askers[key] = nil }
            }
        }
        continuation.yield()
        if state.withLock({ $0.isClosed }) { continuation.finish() }
        return try await body(wakeups)
    }

    @concurrent
    private func listen() async {
        var pause = Self.pauseMin
        while !Task.isCancelled {
            let started = ContinuousClock.now
            // Where it fails, the askers' own look says why.
            try? await client.withNotifications(on: channel) { notifications in
                wake(nil)
                for await notification in notifications { wake(notification.payload) }
            }
            pause = ContinuousClock.now - started > Self.pauseMax ? Self.pauseMin : min(pause * 2, Self.pauseMax)
            // No event tells that a server is back; what was said meanwhile is lost, also where there is no place for this
            // connection at all.
            try? await Task.sleep(for: pause)
            wake(nil)
        }
    }

    /// Wakes a run's askers, or all.
    private func wake(_ key: String?) {
        let woken = state.withLock { state in
            key.map { Array((state.askers[$0] ?? [:]).values) } ?? state.askers.values.flatMap(\.values)
        }
        for asker in woken { asker.yield() }
    }
}

import Messaging
import Synchronization

/// What both connections say about themselves, for whoever asks.
final class StateBoard: Sendable {
    /// Which of the two.
    enum Side: Sendable {
        case publishing
        case consuming
    }

    private struct State {
        var publishing = BrokerState.away(reason: "not connected yet")
        var consuming = BrokerState.away(reason: "not connected yet")
        var isClosed = false
        let closed = BrokerState.away(reason: "it was closed")
        var watchers: [UInt64: AsyncStream<BrokerState>.Continuation] = [:]
        var lastWatcher: UInt64 = 0

        /// The worse of the two.
        var both: BrokerState {
            if isClosed { return closed }
            if case .away = consuming { return consuming }
            return publishing == .ready ? consuming : publishing
        }
    }

    private let board = Mutex(State())

    /// The worse of the two.
    var state: BrokerState { board.withLock { $0.both } }

    /// How one side stands.
    func state(of side: Side) -> BrokerState {
        board.withLock { $0.isClosed ? $0.closed : side == .publishing ? $0.publishing : $0.consuming }
    }

    /// Notes how a side stands.
    func set(_ side: Side, _ state: BrokerState) {
        change { board in
            switch side {
            case .publishing: board.publishing = state
            case .consuming: board.consuming = state
            }
        }
    }

    /// Notes the end, once.
    ///
    /// - Returns: Whether it was the first.
    func close() -> Bool {
        var isFirst = false
        change { board in
            isFirst = !board.isClosed
            board.isClosed = true
        }
        return isFirst
    }

    /// The state now, and each new one.
    func states() -> AsyncStream<BrokerState> {
        let (stream, continuation) = AsyncStream.makeStream(of: BrokerState.self)
        board.withLock { board in
            board.lastWatcher += 1
            let number = board.lastWatcher
            board.watchers[number] = continuation
            continuation.onTermination = { [weak self] _ in
                _ = self?.board.withLock { $0.watchers.removeValue(forKey: number) }
            }
            continuation.yield(board.both)
        }
        return stream
    }

    private func change(_ body: (inout State) -> Void) {
        board.withLock { board in
            let before = board.both
            body(&board)
            guard board.both != before else { return }
            for watcher in board.watchers.values { watcher.yield(board.both) }
        }
    }
}

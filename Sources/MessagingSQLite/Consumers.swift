import Synchronization

/// Who consumes what in this process, how much each has in hand, and whom to wake.
final class Consumers: Sendable {
    private struct Consumer {
        let queue: String
        let prefetch: Int
        var inHand = 0
        /// Whether to look for a message: set at first, by each wake and by each message found; cleared before a look.
        var isWoken = true
        var waiter: CheckedContinuation<Void, Never>?
    }

    private struct State {
        var nextID = 0
        var consumers: [Int: Consumer] = [:]
        var holders: [UInt64: Int] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func add(queue: String, prefetch: Int) -> Int {
        state.withLock { state in
            state.nextID += 1
            state.consumers[state.nextID] = Consumer(queue: queue, prefetch: max(1, prefetch))
            return state.nextID
        }
    }

    /// Waits until a consumer has room and something may be there; false once its task is cancelled or all is closed.
    func waitForTurn(of id: Int) async -> Bool {
        while !Task.isCancelled {
            switch takeTurn(id) {
            case .granted: return true
            case .closed: return false
            case .waiting: await wait(id)
            }
        }
        return false
    }

    private enum Turn {
        case granted, waiting, closed
    }

    private func takeTurn(_ id: Int) -> Turn {
        state.withLock { state in
            guard !state.isClosed, let consumer = state.consumers[id] else { return .closed }
            guard consumer.isWoken, consumer.inHand < consumer.prefetch else { return .waiting }
            state.consumers[id]?.isWoken = false
            return .granted
        }
    }

    /// Returns after the next event that may matter to a consumer.
    private func wait(_ id: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard !state.isClosed, !Task.isCancelled, let consumer = state.consumers[id],
                        !consumer.isWoken || consumer.inHand >= consumer.prefetch
                    else { return true }
                    state.consumers[id]?.waiter = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.consumers[id]?.waiter.take() }?.resume()
        }
    }

    func took(_ tag: UInt64, by id: Int) {
        state.withLock { state in
            state.holders[tag] = id
            state.consumers[id]?.inHand += 1
            state.consumers[id]?.isWoken = true
        }
    }

    func holds(_ tag: UInt64) -> Bool { state.withLock { $0.holders[tag] != nil } }

    func released(_ tag: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let id = state.holders.removeValue(forKey: tag) else { return nil }
            state.consumers[id]?.inHand -= 1
            return state.consumers[id]?.waiter.take()
        }
        waiter?.resume()
    }

    /// Wakes the consumers of some queues; of all where none are named.
    func wake(queues: [String]? = nil) {
        let waiters = state.withLock { state in
            state.consumers.keys.compactMap { id -> CheckedContinuation<Void, Never>? in
                guard let consumer = state.consumers[id], queues?.contains(consumer.queue) ?? true else { return nil }
                state.consumers[id]?.isWoken = true
                return state.consumers[id]?.waiter.take()
            }
        }
        for waiter in waiters { waiter.resume() }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }
}

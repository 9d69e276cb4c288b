import GRDB
import Synchronization

/// Says when something was written to the store, by this process or another.
///
/// Gives one element at once, then one after each change; changes that come close together give one. This process's own
/// commits are seen at once. Those of others are looked for every ``pollInterval``, with `PRAGMA data_version`, which
/// reads a counter and no page (<https://www.sqlite.org/pragma.html#pragma_data_version>).
package struct StoreChanges: AsyncSequence, Sendable {
    package typealias Element = Void
    package typealias Failure = any Error

    /// SQLite tells nobody of another process's commits; a person does not notice this much.
    package static let pollInterval = Duration.milliseconds(50)

    let store: SQLiteStore

    /// Waits for one change after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let store: SQLiteStore
        var seen: ChangeMark?

        /// Returns after the next change; nil when the task is cancelled.
        ///
        /// - Throws: ``SQLiteStoreError``.
        package mutating func next() async throws -> Void? {
            try await next(within: nil) ? () : nil
        }

        /// Returns after the next change, or when the given time is up; false when the task is cancelled.
        ///
        /// - Throws: ``SQLiteStoreError``.
        package mutating func next(within limit: Duration?) async throws -> Bool {
            let end = limit.map { ContinuousClock.now + $0 }
            while !Task.isCancelled {
                let current: ChangeMark
                do { current = try await store.changeMark() } catch is CancellationError { return false }
                if current != seen {
                    seen = current
                    return true
                }
                let rest = end.map { ContinuousClock.now.duration(to: $0) }
                if let rest, rest <= .zero { return true }
                await store.waitForOwnCommit(after: current.ownCommits, atMost: rest)
            }
            return false
        }
    }

    /// Starts to watch.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(store: store, seen: nil) }
}

/// A state of the file, to see whether it has changed.
struct ChangeMark: Hashable, Sendable {
    /// Commits of this process.
    var ownCommits: UInt64
    /// Changes whenever another connection commits.
    var dataVersion: Int64
}

/// Counts this process's commits and wakes those that wait for one.
final class CommitSignal: Sendable {
    private struct State {
        var commits: UInt64 = 0
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var early: Set<UInt64> = []
    }

    private let state = Mutex(State())

    var commits: UInt64 { state.withLock { $0.commits } }

    func raise() {
        let waiters = state.withLock { state in
            state.commits += 1
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Waits until more than `commits` were made, or the task is cancelled.
    func wait(after commits: UInt64) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.early.remove(id) != nil || state.commits > commits { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let waiter = state.waiters.removeValue(forKey: id) { return Optional(waiter) }
                state.early.insert(id)
                return nil
            }
            waiter?.resume()
        }
        _ = state.withLock { $0.early.remove(id) }
    }
}

import Synchronization
import Waiting

/// Tasks that wait until there is something to do, first come, first woken.
///
/// A task enters before it looks, so that nothing that happens while it looks is missed: enter, look, wait, leave.
package final class WaitingRoom<Key: Hashable & Sendable>: Sendable {
    /// A task's place in the row for a key.
    package struct Place: Sendable {
        fileprivate let key: Key
        fileprivate let number: UInt64
    }

    private struct Waiter {
        let number: UInt64
        var isWoken = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    private struct State {
        var entered: UInt64 = 0
        var isClosed = false
        var rows: [Key: [Waiter]] = [:]

        mutating func change<Value>(_ place: Place, _ body: (inout Waiter) -> Value) -> Value? {
            guard var row = rows[place.key], let index = row.firstIndex(where: { $0.number == place.number }) else {
                return nil
            }
            defer { rows[place.key] = row }
            return body(&row[index])
        }

        mutating func wake(_ key: Key, atMost limit: Int) -> [CheckedContinuation<Void, Never>] {
            var continuations: [CheckedContinuation<Void, Never>] = []
            guard var row = rows[key] else { return [] }
            for index in row.indices.filter({ !row[$0].isWoken }).prefix(limit) {
                row[index].isWoken = true
                if let continuation = row[index].continuation { continuations.append(continuation) }
                row[index].continuation = nil
            }
            rows[key] = row
            return continuations
        }
    }

    private let state = Mutex(State())

    /// Makes an empty room.
    package init() {}

    /// The keys for which somebody waits.
    package var keys: Set<Key> { state.withLock { Set($0.rows.keys) } }

    /// Takes the last place in the row.
    package func enter(_ key: Key) -> Place {
        state.withLock { state in
            state.entered += 1
            state.rows[key, default: []].append(Waiter(number: state.entered))
            return Place(key: key, number: state.entered)
        }
    }

    /// Gives the place up.
    ///
    /// - Parameters:
    ///   - place: What ``enter(_:)`` gave.
    ///   - passesOn: Whether the next one is woken, if this one was: where it does not look again.
    package func leave(_ place: Place, passesOn: Bool) {
        let wasWoken = state.withLock { state in
            let wasWoken = state.change(place) { $0.isWoken } ?? false
            state.rows[place.key]?.removeAll { $0.number == place.number }
            if state.rows[place.key]?.isEmpty == true { state.rows[place.key] = nil }
            return wasWoken
        }
        if wasWoken && passesOn { wake(place.key) }
    }

    /// Waits until this place was woken since it was taken, the task is cancelled or the room closes.
    package func wait(in place: Place) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    // The handler below may have run before: it finds a continuation, or this finds the cancellation.
                    if state.isClosed || Task.isCancelled { return true }
                    return state.change(place) { waiter in
                        if !waiter.isWoken { waiter.continuation = continuation }
                        return waiter.isWoken
                    } ?? true
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.change(place) { waiter in
                    defer { waiter.continuation = nil }
                    return waiter.continuation
                }
            }
            continuation??.resume()
        }
    }

    /// Waits likewise, and no longer than until an instant.
    package func wait<C: Clock>(in place: Place, until instant: C.Instant?, clock: C) async
    where C.Duration == Duration {
        guard let instant else { return await wait(in: place) }
        await Deadline(instant, by: clock).wait { await self.wait(in: place) }
    }

    /// Wakes those who came first and are not woken yet.
    package func wake(_ key: Key, atMost limit: Int = 1) {
        for continuation in state.withLock({ $0.wake(key, atMost: limit) }) { continuation.resume() }
    }

    /// Wakes everybody, now and later.
    package func close() {
        let continuations = state.withLock { state in
            state.isClosed = true
            return state.rows.keys.flatMap { state.wake($0, atMost: .max) }
        }
        for continuation in continuations { continuation.resume() }
    }
}

/// What a consumer waits for.
package enum ConsumerNeed: Hashable, Sendable {
    /// A message in this queue.
    case message(queue: String)
    /// Room for one more delivery in this consumer's hands.
    case room(consumer: UInt64)
}

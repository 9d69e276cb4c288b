import Synchronization

/// What a connection delivered and nobody has dealt with yet, by numbers that are never used again.
///
/// Written by the connection's actor alone; whether it still holds a delivery is asked from everywhere, twice for each
/// message, and must not wait for its thread.
final class DeliveriesInHand: Sendable {
    /// One delivery.
    struct Held {
        let queue: String
        let consumer: UInt64
        let channel: UInt16
        let tag: UInt64
        /// How often this copy of the message was delivered before, which RabbitMQ limits.
        let priorDeliveries: Int
        var isTaken = false
    }

    private let state = Mutex<[UInt64: Held]>([:])

    /// A delivery, as long as it is in hand.
    subscript(number: UInt64) -> Held? {
        get { state.withLock { $0[number] } }
        set { state.withLock { $0[number] = newValue } }
    }

    /// Takes note that a consumer has it.
    func take(_ number: UInt64) { state.withLock { $0[number]?.isTaken = true } }

    /// Forgets one; nil where it is not in hand.
    func remove(_ number: UInt64) -> Held? { state.withLock { $0.removeValue(forKey: number) } }

    /// Forgets those that are lost, and gives their numbers.
    func remove(where isLost: (Held) -> Bool) -> [UInt64] {
        state.withLock { state in
            let lost = Array(state.filter { isLost($0.value) }.keys)
            for number in lost { state[number] = nil }
            return lost
        }
    }

    /// Forgets all.
    func removeAll() { state.withLock { $0 = [:] } }

    /// How many of a queue no consumer has yet, and how many one has.
    func count(of queue: String) -> (ready: Int, taken: Int) {
        state.withLock { state in
            let all = state.values.filter { $0.queue == queue }
            let taken = all.count { $0.isTaken }
            return (all.count - taken, taken)
        }
    }
}

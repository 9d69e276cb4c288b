import Synchronization

/// Counts the paid calls of one invocation.
final class CallCounter: Sendable {
    private let value = Mutex(0)

    /// How many there were.
    var count: Int { value.withLock { $0 } }

    /// The next ordinal, from 0.
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}

import Synchronization

/// What a host did with its deliveries since it started.
package final class DeliveryCounts: Sendable {
    /// The numbers.
    package struct Counts: Sendable, Hashable {
        /// Dealt with and acknowledged.
        package var finished = 0
        /// Given back to the broker, or put off with nothing done.
        package var handedBack = 0
    }

    private let state = Mutex(Counts())

    /// All zero.
    package init() {}

    /// The numbers now.
    package var counts: Counts { state.withLock { $0 } }

    func add(_ which: WritableKeyPath<Counts, Int>) {
        state.withLock { $0[keyPath: which] += 1 }
    }
}

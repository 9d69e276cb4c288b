import Synchronization

/// Tells the invocations under way that their host is draining, and until when it will wait for them.
package final class DrainSignal: Sendable {
    private let state = Mutex<ContinuousClock.Instant?>(nil)

    /// A signal that has not been given.
    package init() {}

    /// The instant at which the host stops waiting; nil while it does not drain.
    package var deadline: ContinuousClock.Instant? { state.withLock { $0 } }

    /// Starts the drain, or brings its end forward; a later deadline changes nothing.
    package func begin(until deadline: ContinuousClock.Instant) {
        state.withLock { state in
            state = state.map { min($0, deadline) } ?? deadline
        }
    }
}

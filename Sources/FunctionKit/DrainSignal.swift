import Synchronization

/// Tells the invocations under way until when their host will wait for them: it drains, or a person waits who soon goes.
package final class DrainSignal: Sendable {
    /// How long a person waits for what a program does.
    package struct Wait: Sendable {
        /// The instant by which invocations should have ended.
        package let end: ProcessClock.Instant
        /// How long the person waits in all.
        package let whole: Duration
    }

    private struct State {
        var deadline: ProcessClock.Instant?
        var wait: Wait?
    }

    private let state = Mutex(State())

    /// A signal that has not been given.
    package init() {}

    /// The instant at which the host stops waiting; nil while it does not drain.
    package var deadline: ProcessClock.Instant? { state.withLock { $0.deadline } }

    /// How long a person waits; nil where nobody does.
    package var wait: Wait? { state.withLock { $0.wait } }

    /// Starts the drain, or brings its end forward; a later deadline changes nothing.
    package func begin(until deadline: ProcessClock.Instant) {
        state.withLock { state in
            state.deadline = state.deadline.map { min($0, deadline) } ?? deadline
        }
    }

    /// Lets nothing be begun that cannot end while a person waits; work goes on until then.
    package func isAwaited(until end: ProcessClock.Instant, of whole: Duration) {
        state.withLock { $0.wait = Wait(end: end, whole: whole) }
    }
}

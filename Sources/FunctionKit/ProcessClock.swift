import Foundation
import Synchronization

/// The time that this process got: it stands still while the process is stopped (SIGSTOP, a paused container, a suspended
/// machine).
///
/// Deadlines go by it, so that nothing is given up for time that nobody had: what others have answered meanwhile lies in a
/// socket and is read first. It cannot be asked of the system; a thread that looks at the time again and again notices that
/// it has not looked for long. Whoever asks for the time looks too, so that the first one to go on sees the gap.
package struct ProcessClock: Clock {
    /// A moment of the process's own time.
    package struct Instant: InstantProtocol {
        /// Since the first look.
        fileprivate let offset: Duration

        /// This moment.
        package static var now: Self { Self(offset: lookout.look().lived) }

        package func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }

        package func duration(to other: Self) -> Duration { other.offset - offset }

        /// So much later.
        package static func + (left: Self, right: Duration) -> Self { left.advanced(by: right) }

        /// So much earlier.
        package static func - (left: Self, right: Duration) -> Self { left.advanced(by: .zero - right) }

        /// How much later it is.
        package static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }

        package static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    /// Makes a clock; all show the same.
    package init() {}

    /// This moment.
    package static var now: Instant { .now }

    /// This moment.
    package var now: Instant { .now }

    package var minimumResolution: Duration { ContinuousClock().minimumResolution }

    /// For how long the process was stopped so far, as far as it noticed.
    package static var stopped: Duration { lookout.look().stopped }

    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
        while true {
            let left = now.duration(to: deadline)
            guard left > .zero else { return }
            try await Task.sleep(for: left, tolerance: tolerance, clock: .continuous)
        }
    }
}

extension Clock where Self == ProcessClock {
    /// The time that this process got.
    package static var process: ProcessClock { ProcessClock() }
}

/// One for the process; it looks for as long as that lives.
private let lookout = Lookout()

/// Looks at the time, and takes what passed between two looks that lie too far apart for a stop.
private final class Lookout: Sendable {
    /// How often its thread looks.
    private static let pause = 0.1
    /// A longer gap is a stop; a thread of a busy machine may oversleep by less.
    private static let gapMax = Duration.milliseconds(300)

    private struct State {
        var lookedAt = ContinuousClock.now
        var lived = Duration.zero
        var stopped = Duration.zero
    }

    private let state = Mutex(State())

    init() {
        let thread = Thread { [self] in
            while true {
                Thread.sleep(forTimeInterval: Self.pause)
                _ = look()
            }
        }
        thread.name = "process-clock"
        thread.start()
    }

    func look() -> (lived: Duration, stopped: Duration) {
        state.withLock { state in
            // Within the lock, so that looks come in their order.
            let now = ContinuousClock.now
            let gap = now - state.lookedAt
            state.lookedAt = now
            if gap > Self.gapMax { state.stopped += gap } else { state.lived += gap }
            return (state.lived, state.stopped)
        }
    }
}

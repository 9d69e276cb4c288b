import Synchronization

/// When a drain began, and what had been done until then.
final class DrainStart: Sendable {
    /// The numbers at one moment.
    struct Mark: Sendable {
        let instant: ContinuousClock.Instant
        let counts: DeliveryCounts.Counts
        let reservationsReleased: Int
    }

    private let state = Mutex<Mark?>(nil)

    /// The beginning; nil before it.
    var mark: Mark? { state.withLock { $0 } }

    /// Takes note of the beginning; true for the first time.
    func begin(_ mark: Mark) -> Bool {
        state.withLock { state in
            guard state == nil else { return false }
            state = mark
            return true
        }
    }
}

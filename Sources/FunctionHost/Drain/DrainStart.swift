import Synchronization

/// When a drain began, what had been done until then, and whether its end was told.
final class DrainStart: Sendable {
    /// The numbers at one moment.
    struct Mark: Sendable {
        let instant: ContinuousClock.Instant
        let counts: DeliveryCounts.Counts
        let reservationsReleased: Int
    }

    private let state = Mutex<(mark: Mark?, isTold: Bool)>((nil, false))

    /// Takes note of the beginning; true for the first time.
    func begin(_ mark: Mark) -> Bool {
        state.withLock { state in
            guard state.mark == nil else { return false }
            state.mark = mark
            return true
        }
    }

    /// The beginning, for the one who tells the end first; nil for all others, and where nothing began.
    func end() -> Mark? {
        state.withLock { state in
            guard !state.isTold, let mark = state.mark else { return nil }
            state.isTold = true
            return mark
        }
    }
}

import Synchronization

/// A clock whose waits are over at once, or never, and are kept.
final class RecordingClock: Clock {
    struct Instant: InstantProtocol {
        var offset = Duration.zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant()
        var waits: [Duration] = []
    }

    /// Yields when somebody starts to wait.
    let sleepers: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Mutex(State())
    private let stands: Bool

    /// - Parameter stands: Whether only cancellation ends a wait.
    init(stands: Bool = false) {
        (sleepers, continuation) = AsyncStream.makeStream()
        self.stands = stands
    }

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    var waits: [Duration] { state.withLock { $0.waits } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        state.withLock { state in
            state.waits.append(state.now.duration(to: deadline))
            if !stands { state.now = deadline }
        }
        continuation.yield()
        // Never over by itself within a test's time limit.
        if stands { try await Task.sleep(for: .seconds(86_400)) }
        try Task.checkCancellation()
    }
}

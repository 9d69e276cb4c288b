import FoundationEssentials
import History
import Synchronization

/// The history's clock, which all hosts share, without a question to it for each message.
///
/// Between two looks it goes on by this machine's own counter, which no setting of the clock changes.
final class HistoryClock: Sendable {
    /// How long a look is gone by.
    private static let lookKept = Duration.seconds(30)

    private let history: any RunHistory
    private let look = Mutex<(instant: Date, at: ContinuousClock.Instant)?>(nil)

    /// A clock that has not been looked at.
    init(_ history: any RunHistory) { self.history = history }

    /// The history's instant.
    ///
    /// - Throws: The history's errors, where it has to be asked.
    func now() async throws -> Date {
        if let look = look.withLock({ $0 }) {
            let passed = ContinuousClock.now - look.at
            if passed < Self.lookKept { return look.instant.addingTimeInterval(passed / .seconds(1)) }
        }
        let instant = try await history.instant()
        // Rather late than early: what has just expired is taken for expired by the next.
        look.withLock { $0 = (instant, .now) }
        return instant
    }
}

import CivilTime
package import FoundationEssentials
import Spending
import Synchronization

/// A wall clock that a test sets.
package final class ManualClock: Sendable {
    private let instant: Mutex<Date>

    /// Starts at an instant such as `2026-11-23T10:00:00Z`.
    package init(_ text: String = "2026-11-23T10:00:00Z") { instant = Mutex(CivilTime.instant(text) ?? .distantPast) }

    /// What the clock reads.
    package var now: @Sendable () -> Date { { self.instant.withLock { $0 } } }

    /// Sets the clock.
    package func set(_ text: String) { instant.withLock { $0 = CivilTime.instant(text) ?? .distantPast } }

    /// Moves the clock, back where the number is negative.
    package func advance(seconds: Double) { instant.withLock { $0 += seconds } }
}

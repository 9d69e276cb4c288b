package import FoundationEssentials

/// How far this machine's clock is ahead of another one.
package struct ClockOffset: Sendable, Hashable {
    /// How far two clocks may be apart and still agree, in seconds: more than NTP ever leaves.
    package static let secondsMax: TimeInterval = 60

    /// In seconds; below zero where it is behind.
    package let seconds: TimeInterval

    /// Compares a reading of the other clock, which was asked for, with two of this one.
    ///
    /// - Parameters:
    ///   - reading: What the other clock says.
    ///   - before: What this one said when it was asked.
    ///   - after: What this one said when the answer was there.
    package init(to reading: Date, between before: Date, and after: Date) {
        // One that answered late is not one that is behind.
        seconds = max(0, before.timeIntervalSince(reading)) + min(0, after.timeIntervalSince(reading))
    }

    /// Whether this machine's clock is so far behind that one of the two is wrong.
    package var isBehind: Bool { seconds < -Self.secondsMax }
}

package import FunctionKit

/// How long a person waits, and when that is over.
package struct Patience: Sendable {
    /// In all.
    package let whole: Duration
    /// The instant at which the person goes.
    package let end: ProcessClock.Instant

    /// What the ledger and the queue may take to note what became of a call whose time was up.
    private static let settlingMax = Duration.milliseconds(500)

    /// Begins to wait.
    package init(_ whole: Duration) {
        self.whole = whole
        end = .now + whole
    }

    /// What is left of it; zero where it is over.
    package var left: Duration { max(.zero, end - .now) }

    /// The instant by which calls have to end, so that what they cost is noted before the person goes.
    package var callsEnd: ProcessClock.Instant { end - min(Self.settlingMax, whole / 10) }
}

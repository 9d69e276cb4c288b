package import BenchmarkSupport
import Synchronization

/// What some callers measured at once.
package struct PairTimes: Sendable {
    /// The first half of a pair: the reservation.
    package var first = Latencies()
    /// Both halves.
    package var pair = Latencies()
    /// From the start of the first pair to the end of the last.
    package var span = Duration.zero
    /// Of all threads, user and system.
    package var processorTime = Duration.zero

    /// Nothing yet.
    package init() {}

    /// What a pair costs.
    package var processorMicrosecondsPerPair: Double { processorTime / .microseconds(1) / Double(pair.count) }
    /// How many a second.
    package var pairsPerSecond: Double { Double(pair.count) / (span / .seconds(1)) }
}

/// Takes the times of all callers: counts of each would be most of the memory that is measured.
package final class PairRecorder: Sendable {
    private let times = Mutex(PairTimes())
    private let start = ContinuousClock.now
    private let processorStart = Machine.processorTime()

    /// Begins to measure.
    package init() {}

    /// Takes a pair.
    package func record(first: Duration, pair: Duration) {
        times.withLock { times in
            times.first.record(first)
            times.pair.record(pair)
        }
    }

    /// What was measured until now.
    package func finish() -> PairTimes {
        times.withLock { times in
            times.span = start.duration(to: .now)
            times.processorTime = Machine.processorTime() - processorStart
            return times
        }
    }
}

import BenchmarkSupport
import Histogram
import Synchronization

/// How long each of many operations took.
struct Latencies {
    // Three digits, up to a minute in microseconds: the memory does not grow with the count.
    private var histogram = Histogram<UInt64>(
        highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)

    var count: Int { Int(histogram.totalCount) }

    mutating func record(_ duration: Duration) {
        _ = histogram.record(UInt64(max(0, duration / .microseconds(1))))
    }

    /// In milliseconds.
    func percentile(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
}

/// What some callers measured at once.
struct PairTimes {
    /// The first half of a pair: the reservation.
    var first = Latencies()
    /// Both halves.
    var pair = Latencies()
    /// From the start of the first pair to the end of the last.
    var span = Duration.zero
    /// Of all threads, user and system.
    var processorTime = Duration.zero

    var processorMicrosecondsPerPair: Double { processorTime / .microseconds(1) / Double(pair.count) }
    var pairsPerSecond: Double { Double(pair.count) / (span / .seconds(1)) }
}

/// Takes the times of all callers: a histogram each would be most of the memory that is measured.
final class PairRecorder: Sendable {
    private let times = Mutex(PairTimes())
    private let start = ContinuousClock.now
    private let processorStart = Machine.processorTime()

    func record(first: Duration, pair: Duration) {
        times.withLock { times in
            times.first.record(first)
            times.pair.record(pair)
        }
    }

    func finish() -> PairTimes {
        times.withLock { times in
            times.span = start.duration(to: .now)
            times.processorTime = Machine.processorTime() - processorStart
            return times
        }
    }
}

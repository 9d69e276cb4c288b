import CoreMetrics
import Synchronization

/// The values of one metric with one set of dimension values.
final class MetricSeries: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    /// The upper bounds of a histogram's buckets, in seconds: from a queue's hop to the longest call.
    static let buckets: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
    /// The most single durations kept for one look; what comes beyond is in the histogram alone.
    private static let recentMax = 10_000

    /// What was recorded so far.
    struct Values {
        /// Of counters and gauges.
        var value = 0.0
        /// How many durations each bucket took by itself, the last one those above all bounds.
        var bucketCounts: [Int] = []
        /// The sum of the durations, in seconds.
        var sum = 0.0
        /// The durations since the last look, in seconds.
        var recent: [Double] = []

        /// How many durations there were.
        var count: Int { bucketCounts.reduce(0, +) }
    }

    private let state: Mutex<Values>
    private let keepsRecent: Bool

    /// Makes a series without values.
    init(kind: MetricDefinition.Kind, keepsRecent: Bool) {
        self.keepsRecent = keepsRecent && kind == .timer
        var values = Values()
        if kind == .timer { values.bucketCounts = Array(repeating: 0, count: Self.buckets.count + 1) }
        state = Mutex(values)
    }

    /// The values now.
    ///
    /// - Parameter takesRecent: Whether the single durations are handed over, and forgotten here.
    /// - Returns: A copy.
    func values(takesRecent: Bool) -> Values {
        state.withLock { values in
            defer { if takesRecent { values.recent = [] } }
            return values
        }
    }

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { state.withLock { $0.value += amount } }
    func decrement(by amount: Double) { state.withLock { $0.value -= amount } }
    func reset() { set(0.0) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { state.withLock { $0.value = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let bucket = Self.buckets.firstIndex { seconds <= $0 } ?? Self.buckets.count
        state.withLock { values in
            guard values.bucketCounts.indices.contains(bucket) else { return }
            values.bucketCounts[bucket] += 1
            values.sum += seconds
            if keepsRecent, values.recent.count < Self.recentMax { values.recent.append(seconds) }
        }
    }
}

import Histogram

/// How long each of many queries took.
struct Latencies: Sendable {
    // Three digits, up to a minute in microseconds.
    private var histogram = Histogram<UInt64>(
        highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)

    mutating func record(_ duration: Duration) {
        _ = histogram.record(UInt64(max(0, duration / .microseconds(1))))
    }

    /// In milliseconds.
    func percentile(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1000 }
}

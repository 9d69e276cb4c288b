/// How long each of many operations took, to about a thousandth.
///
/// The memory does not grow with their count: it must not be most of what a benchmark of memory measures.
package struct Latencies: Sendable {
    /// Counts by microseconds: one bucket for each up to 2,047, then 1,024 buckets for each doubling.
    private var counts: [Int] = []

    /// How many there were.
    package private(set) var count = 0

    /// Nothing yet.
    package init() {}

    /// Takes one.
    package mutating func record(_ duration: Duration) {
        let bucket = Self.bucket(UInt64(max(0, duration / .microseconds(1))))
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        count += 1
    }

    /// In milliseconds: as many percent took no longer.
    package func percentile(_ percentile: Double) -> Double {
        let rank = max(1, (Double(count) * percentile / 100).rounded(.up))
        var passed = 0
        for (bucket, count) in counts.enumerated() {
            passed += count
            if Double(passed) >= rank { return Double(Self.microseconds(bucket)) / 1000 }
        }
        return .nan
    }

    /// The highest eleven bits count.
    private static func bucket(_ microseconds: UInt64) -> Int {
        let shift = max(0, UInt64.bitWidth - 11 - microseconds.leadingZeroBitCount)
        return (shift << 10) + Int(microseconds >> shift)
    }

    private static func microseconds(_ bucket: Int) -> Int {
        let shift = max(0, (bucket >> 10) - 1)
        return (bucket - (shift << 10)) << shift
    }
}

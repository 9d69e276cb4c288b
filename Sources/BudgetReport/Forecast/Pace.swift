import FoundationEssentials

/// What was spent in equal slices of time, and what that says of more of them.
///
/// With k slices of mean m and standard deviation s, n more of them cost n * m; with a probability of 80 % they cost between
/// n * m - h and n * m + h, where h = t * s * sqrt(n + n * n / k) and t is the 90th percentile of Student's distribution
/// with k - 1 degrees of freedom: the prediction interval for a sum, of which n stands for the chance of the slices to come
/// and n * n / k for how little is known of the mean.
struct Pace: Sendable, Hashable {
    /// Fewer slices say too little.
    static let slicesMin = 6

    /// What was spent in each slice, in nano-dollars.
    let slices: [Double]

    /// What so many more slices cost; nil where there are too few to tell, or nothing was spent in any.
    ///
    /// Slices of 2, 4, 4, 4, 5, 5 nano-dollars have m = 4 and s = 1.095: 6 more cost 24, between 18.4 and 29.6
    /// (h = 1.476 * 1.095 * sqrt(12) = 5.6).
    func more(_ count: Double) -> (expected: Double, half: Double)? {
        guard slices.count >= Self.slicesMin, slices.contains(where: { $0 != 0 }) else { return nil }
        let size = Double(slices.count)
        let mean = slices.reduce(0, +) / size
        let variance = slices.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / (size - 1)
        let spread = variance.squareRoot() * (count + count * count / size).squareRoot()
        return (count * mean, Self.quantile(degrees: slices.count - 1) * spread)
    }

    /// The 90th percentile of Student's distribution, as printed in any table of it.
    private static func quantile(degrees: Int) -> Double {
        let table = [
            1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.350, 1.345, 1.341, 1.337, 1.333, 1.330, 1.328,
            1.325, 1.323, 1.321, 1.319, 1.318, 1.316, 1.315, 1.314,
        ]
        return table[min(max(0, degrees - 5), table.count - 1)]
    }
}

/// How long a message waits before its next attempt.
///
/// The wait doubles or grows by `factor` from `first` up to `longest`: with 1 s, 2 and 60 s, after 1, 2, 3 failed
/// attempts, 1 s, 2 s, 4 s. It is spread by a quarter to either side, so that what failed together does not return
/// together. Only a few waits are possible, because RabbitMQ needs a queue for each.
package struct Backoff: Sendable, Hashable {
    /// The wait after the first failed attempt, before it is spread.
    package var first: Duration
    /// What each further failed attempt multiplies the wait by.
    package var factor: Double
    /// The longest wait, before it is spread.
    package var longest: Duration

    /// The spread, in percent of the wait.
    private static let spread = [75, 100, 125]

    /// Makes a backoff.
    package init(first: Duration, factor: Double, longest: Duration) {
        self.first = first
        self.factor = factor
        self.longest = longest
    }

    /// The wait after an attempt failed, from 1, spread at random.
    package func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let choices = Self.spread.map { spread(base(afterAttempt: attempt), percent: $0) }
        return choices[Int.random(in: choices.indices, using: &generator)]
    }

    /// All waits that may come up within so many attempts.
    package func delays(attemptsMax: Int) -> Set<Duration> {
        Set(
            (1...max(1, attemptsMax)).flatMap { attempt in
                Self.spread.map { spread(base(afterAttempt: attempt), percent: $0) }
            })
    }

    private func base(afterAttempt attempt: Int) -> Duration {
        var wait = first
        for _ in 1..<max(1, attempt) where wait < longest { wait = wait * factor }
        return min(wait, longest)
    }

    /// In whole milliseconds, which every broker can keep.
    private func spread(_ wait: Duration, percent: Int) -> Duration {
        .milliseconds(Int64(wait / .milliseconds(1)) * Int64(percent) / 100)
    }
}

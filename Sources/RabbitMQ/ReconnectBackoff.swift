/// How long to wait before a lost connection is tried again.
///
/// From half to all of 100 ms, 200 ms, 400 ms and so on up to 10 s, so that many hosts do not come back at once: the
/// first try comes after 50 to 100 ms, the eighth and all later ones after 5 to 10 s.
struct ReconnectBackoff {
    private static let first = Duration.milliseconds(100)
    private static let longest = Duration.seconds(10)

    private var tries = 0

    /// The wait before the next try.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let full = min(Self.first * (1 << min(tries, 7)), Self.longest)
        tries += 1
        return full * Double.random(in: 0.5...1, using: &generator)
    }

    /// Begins anew, after a success.
    mutating func reset() { tries = 0 }
}

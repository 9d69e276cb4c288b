/// Which answers another attempt may change, and how long to wait before it.
///
/// The waits double from 1 s: 1 s, 2 s, 4 s, 8 s between five attempts, each spread by a quarter to either side, and
/// more where the receiver asks for it in `Retry-After`, but at most 60 s.
enum AlertRetry {
    /// The longest wait.
    ///
    /// The ledger's claim and the host's shutdown wait for a delivery; who needs longer gets the alert again later.
    static let waitMax = Duration.seconds(60)

    /// Whether an answer may be another one at the next attempt.
    ///
    /// 408, 425 and 429 say so (RFC 9110, RFC 8470, RFC 6585), and a server's own failure often passes.
    static func mayPass(status: Int) -> Bool {
        status == 408 || status == 425 || status == 429 || (500..<600).contains(status)
    }

    /// The wait after an attempt failed.
    ///
    /// - Parameters:
    ///   - attempt: The one that failed, from 1.
    ///   - spread: What the wait is multiplied by.
    ///   - asked: What the receiver asked for at least.
    /// - Returns: At most ``waitMax``.
    static func wait(afterAttempt attempt: Int, spread: Double, asked: Duration?) -> Duration {
        // From the seventh on the doubled wait is beyond the longest; the limit keeps the shift in range.
        let doubled = Duration.seconds(1 << min(attempt - 1, 6))
        return min(waitMax, max(doubled * spread, asked ?? .zero))
    }

    /// Reads a `Retry-After` in seconds; nil for anything else, also for its other form, a date.
    static func asked(_ header: String?) -> Duration? {
        guard let header, !header.isEmpty, header.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        // A number that does not fit is beyond the longest wait too.
        return Int32(header).map { .seconds($0) } ?? waitMax
    }
}

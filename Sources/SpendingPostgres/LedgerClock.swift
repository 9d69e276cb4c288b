package import FoundationEssentials

/// Whose clock the ledger goes by; either way it never goes behind the last journal entry, raise or decision.
package enum LedgerClock: Sendable {
    /// The server's own, the same for all hosts.
    case server
    /// A clock that a test sets.
    case given(@Sendable () -> Date)

    /// The instant that takes the place of the server's.
    var milliseconds: Int64? {
        switch self {
        case .server: nil
        case .given(let now): now().milliseconds
        }
    }

    /// The ledger's instant in SQL, where `$1` is ``milliseconds`` and `ledger_head` is in reach.
    ///
    /// `now()` is the instant at which the transaction began, so that all its statements agree.
    static let instant = "greatest(at_ms, raised_ms, \(clock))"

    /// The clock's own instant in SQL.
    static let clock = "coalesce($1::int8, floor(extract(epoch FROM now()) * 1000)::int8)"
}

extension Date {
    /// Whole milliseconds since 1970, rounded down.
    var milliseconds: Int64 {
        // A hundredth makes up for the binary fraction, so that an instant read from the ledger is written back as it
        // was. The clamp is some 30,000 years wide.
        Int64(max(-1e15, min(1e15, (timeIntervalSince1970 * 1000 + 0.01).rounded(.down))))
    }

    init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

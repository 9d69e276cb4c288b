package import FoundationEssentials
import Spending

/// Whose clock the ledger goes by; either way it never goes behind the last journal entry, raise or decision.
package enum LedgerClock: Sendable {
    /// The server's own, the same for all hosts.
    case server
    /// A clock that a test sets.
    case given(@Sendable () -> Date)
    /// The same, and this machine's clock as a test sets it.
    case givenBoth(ledger: @Sendable () -> Date, machine: @Sendable () -> Date)

    /// The instant that takes the place of the server's.
    var milliseconds: Int64? {
        switch self {
        case .server: nil
        case .given(let now), .givenBoth(let now, _): now().milliseconds
        }
    }

    /// What this machine's clock says, which may be another; nil where a test sets only the ledger's.
    var machine: Date? {
        switch self {
        case .server: .now
        case .given: nil
        case .givenBoth(_, let machine): machine()
        }
    }

    /// The ledger's instant in SQL, where `$1` is ``milliseconds`` and `ledger_head` is in reach.
    ///
    /// `now()` is the instant at which the transaction began, so that all its statements agree.
    static let instant = "greatest(at_ms, raised_ms, \(clock))"

    /// The clock's own instant in SQL.
    static let clock = "coalesce($1::int8, floor(extract(epoch FROM now()) * 1000)::int8)"
}

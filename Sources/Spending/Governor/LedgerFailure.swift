import Synchronization

/// Why a ledger held nothing when it was last asked to.
final class LedgerFailure: Sendable {
    private let state = Mutex<GovernorError?>(nil)

    /// Nil where it did, or nobody has asked.
    var last: GovernorError? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

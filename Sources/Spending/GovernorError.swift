/// Why the governor could not answer.
///
/// No call may be made then.
package enum GovernorError: Error, Sendable, Hashable {
    /// The model has no price in force, and so no proved bound, or no budget covers the call.
    case notGoverned(ModelID)
    /// The call cost more than its bound before; the model is refused until its bound is raised.
    case boundBreached(ModelID)
    /// The call's bound does not fit Int64 nano-dollars.
    case unbounded
    /// The ledger cannot be read or written. `reason` names the file and what is wrong with it.
    case ledgerUnavailable(reason: String)
    /// The ledger knows no such hold: it was settled, released or charged as an orphan before.
    case unknownHold
}

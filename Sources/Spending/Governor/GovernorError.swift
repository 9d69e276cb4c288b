package import FoundationEssentials

/// Why the governor could not answer.
///
/// No call may be made then.
package enum GovernorError: Error, Sendable, Hashable {
    /// The model has no price in force, and so no proved bound, or no budget covers the call.
    case notGoverned(ModelID)
    /// The call cost more than its bound before; the model is refused until its bound is raised.
    case boundBreached(ModelID)
    /// The call was paid for, and its stored answer has been deleted since; it is not paid again.
    case answerForgotten
    /// The call's run or tenant can never be written: empty, too long or with a zero byte.
    case unstorable
    /// The call's bound does not fit Int64 nano-dollars.
    case unbounded
    /// The ledger cannot be read or written. `reason` names the file and what is wrong with it.
    case ledgerUnavailable(reason: String)
    /// The call would open a period that has begun by the ledger's clock and not by this machine's. One of them is wrong.
    case clocksDisagree(ledger: Date, machine: Date)
    /// The ledger knows no such hold: it was settled, released or charged as an orphan before.
    case unknownHold
    /// No budget has this name. `hint` says which there are.
    case unknownBudget(String, hint: String)
    /// A raise that would change nothing. `reason` says what to write instead.
    case uselessRaise(reason: String)
    /// A decision that would change nothing. `reason` says why.
    case nothingToDecide(reason: String)
}

extension GovernorError: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .notGoverned(let model):
            "\(model.model) of \(model.provider) in \(model.region) has no price in force, or no budget covers the call;"
                + " add a price to budgets/prices or a budget to budgets"
        case .boundBreached(let model):
            "\(model.model) of \(model.provider) in \(model.region) has cost more than its bound, or written more than it was granted, and is refused;"
                + " raise the bound of its price in budgets/prices, or see `sluice budget breach list`"
        case .answerForgotten:
            "the call was paid for before and its answer is deleted by now; ask again under a new question"
        case .unstorable:
            "the question's id or its tenant cannot be stored; give both 1 to 255 bytes, none of them zero"
        case .unbounded: "the call's worst case is beyond any amount; shorten the prompt or the answer"
        case .ledgerUnavailable(let reason): "no call is paid for without the ledger: \(reason)"
        case .clocksDisagree(let ledger, let machine):
            "no new budget period is opened: the ledger's time is \(ledger.formatted(.iso8601)), this machine's clock says"
                + " \(machine.formatted(.iso8601)); set right whichever is wrong, and where the ledger stays ahead see"
                + " `sluice budget clock accept`"
        case .unknownHold: "the hold has ended before: it was settled, released or charged; nothing is charged twice"
        case .unknownBudget(let name, let hint): "there is no budget `\(name)`; \(hint)"
        case .uselessRaise(let reason), .nothingToDecide(let reason): reason
        }
    }
}

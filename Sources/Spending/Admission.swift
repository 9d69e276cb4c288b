package import FoundationEssentials
package import FunctionKit

/// The governor's answer to a call that wants to be made.
package enum Admission: ~Copyable, Sendable {
    /// The worst case fits everywhere and is held.
    case held(Reservation)
    /// This call was settled before: here is its answer; it is not paid again.
    case settled(Settlement)
    /// Another living owner is making this very call.
    case inFlight
    /// A budget has no room for the worst case; nothing is held.
    case refused(BudgetRefusal)
}

/// What a call cost in the end, and what it answered.
package struct Settlement: Sendable, Hashable {
    /// What was charged.
    package var cost: Money
    /// The tokens that were paid for.
    package var usage: TokenUsage
    /// The body of the answer, as the service gave it.
    package var response: Data

    /// Makes a settlement.
    package init(cost: Money, usage: TokenUsage, response: Data) {
        self.cost = cost
        self.usage = usage
        self.response = response
    }
}

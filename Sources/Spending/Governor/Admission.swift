package import FoundationEssentials
package import FunctionKit
import Hashing

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
    /// The model that answered; nil where an older ledger did not note it.
    package var model: ModelID?
    /// The tokens that were paid for.
    package var usage: TokenUsage
    /// Where the count came from.
    package var countedBy: UsageSource
    /// The service's own name for the call, where it gave one.
    package var requestID: String?
    /// The body of the answer, as the service gave it.
    package var response: Data

    /// Makes a settlement.
    package init(
        cost: Money, model: ModelID?, usage: TokenUsage, countedBy: UsageSource, requestID: String? = nil,
        response: Data
    ) {
        self.cost = cost
        self.model = model
        self.usage = usage
        self.countedBy = countedBy
        self.requestID = requestID
        self.response = response
    }

    /// The SHA-256 of the response in lowercase hexadecimal digits.
    package var responseDigest: String { SHA256.hex(response) }
}

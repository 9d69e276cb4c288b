/// What a call may cost, and the budgets that must have room for it.
package struct HoldTerms: Sendable, Hashable {
    /// The call.
    package var call: PaidCall
    /// The price in force.
    package var price: Price
    /// The most that the whole call can cost.
    package var bound: Money
    /// The most that the call can cost with the fewest output tokens that its caller would ask for.
    package var boundMin: Money
    /// The budgets that cover the call, in file order.
    package var lines: [BudgetLine]
    /// Whether the caller would wait for held money rather than be given fewer output tokens.
    package var waits: Bool
    /// A budget for whose held money others wait who came first; nothing is held then.
    package var contested: BudgetLine.Name?

    /// Makes terms.
    ///
    /// - Throws: ``GovernorError/unbounded`` where the amount does not fit.
    package init(
        call: PaidCall, price: Price, lines: [BudgetLine], waits: Bool = false, contested: BudgetLine.Name? = nil
    ) throws(GovernorError) {
        self.call = call
        self.price = price
        self.lines = lines
        self.waits = waits
        self.contested = contested
        bound = try price.bound(of: call)
        var least = call
        least.outputTokensMax = call.outputTokensMin
        boundMin = try price.bound(of: least)
    }

    /// Whether the call is made, and how large.
    ///
    /// The whole call where it fits everywhere. Where it does not, but would once calls under way end, a caller that
    /// waits is refused for now. Otherwise as many output tokens as fit, down to the call's fewest.
    ///
    /// - Parameter counters: One for each line, in their order.
    /// - Returns: What to hold; or the first budget that lacks room even without the calls under way, or else the first
    ///   that lacks room with them.
    package func decide(_ counters: [LedgerCounter]) -> HoldDecision {
        // Where one budget is spent, waiting for what others hold would be in vain.
        let spent = counters.filter { $0.roomWithoutHolds < boundMin }
        if let first = spent.first { return .refuse(Shortage(first, among: spent, bound: boundMin)) }
        if let contested, let counter = counters.first(where: { $0.line.name == contested }) {
            return .refuse(Shortage(counter, among: [counter], bound: boundMin))
        }
        guard let short = counters.first(where: { $0.room < bound }) else {
            return .hold(bound: bound, outputTokensMax: call.outputTokensMax)
        }
        let mayFitWhole = counters.allSatisfy { $0.roomWithoutHolds >= bound }
        if !(waits && mayFitWhole), let room = counters.map(\.room).min(), room >= boundMin,
            let tokens = price.outputTokensMax(of: call, within: room)
        {
            var granted = call
            granted.outputTokensMax = tokens
            // The bound of fewer tokens is below one that did not overflow.
            if tokens >= call.outputTokensMin, let bound = try? price.bound(of: granted) {
                return .hold(bound: bound, outputTokensMax: tokens)
            }
        }
        let first = counters.first { $0.room < boundMin } ?? short
        return .refuse(Shortage(first, among: [first], bound: boundMin))
    }
}

/// Whether a call is made, and how large.
package enum HoldDecision: Sendable, Hashable {
    /// Hold so much; the model may write so many tokens.
    case hold(bound: Money, outputTokensMax: Int)
    /// There is no room for the least that the call can cost.
    case refuse(Shortage)
}

/// A ledger's answer to a call that wants to be made.
package enum LedgerAdmission: Sendable, Hashable {
    /// The bound is held in all lines of the terms.
    case held(holdID: HoldID, terms: HoldTerms, bound: Money, outputTokensMax: Int)
    /// The call was settled before.
    case settled(Settlement)
    /// A living hold is for this very call.
    case inFlight
    /// There is no room, as ``HoldTerms/decide(_:)`` found; nothing is held.
    case refused(Shortage)
}

import FoundationEssentials

/// What people decide, in memory.
extension LedgerPages {
    /// All limits that were ever brought, oldest first.
    var allLimits: [LedgerLimits] {
        decisions.compactMap { decision in
            guard case .limits(let set) = decision.matter else { return nil }
            return LedgerLimits(set: set, at: decision.at, broughtBy: decision.by)
        }
    }

    mutating func offer(_ set: BudgetSet, by name: String) -> LimitsOffer {
        let (offer, decision) = books.offer(set, by: name)
        if let decision { note(decision) }
        return offer
    }

    mutating func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) throws(GovernorError) -> LedgerDecision {
        var open: [HoldID] = []
        if case .breach(let model) = request {
            open = breaches.filter { $0.model == model && !$0.isAccepted }.map(\.holdID)
        }
        let decision = try books.decide(request, openBreaches: open, by: name, reason: reason)
        switch decision.matter {
        case .limits: break
        case .clock(let left): setBack(from: left, to: decision.at)
        case .breach:
            for place in breaches.indices where open.contains(breaches[place].holdID) {
                breaches[place].isAccepted = true
            }
        }
        note(decision)
        return decision
    }
}

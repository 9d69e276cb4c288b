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
        let known = allLimits
        if let last = known.last, known.contains(where: { $0.set == set }) {
            return last.set == set ? .inForce(last) : .stale(last)
        }
        note(.limits(set), by: name, reason: LimitsOffer.reason)
        return .applied(LedgerLimits(set: set, at: instant, broughtBy: name), before: known.last)
    }

    mutating func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) throws(GovernorError) -> LedgerDecision {
        switch request {
        case .limits(let set):
            guard allLimits.last?.set != set else { throw .limitsInForce }
            return note(.limits(set), by: name, reason: reason)
        case .clock:
            guard lead > LedgerMoment.leadMax else { throw .clockNotAhead }
            let left = setBack()
            return note(.clock(leaving: left), by: name, reason: reason)
        case .breach(let model):
            let holds = breaches.filter { $0.model == model && !$0.isAccepted }.map(\.holdID)
            guard !holds.isEmpty else { throw .noBreach(of: model) }
            for place in breaches.indices where holds.contains(breaches[place].holdID) {
                breaches[place].isAccepted = true
            }
            return note(.breach(model, holds: holds), by: name, reason: reason)
        }
    }

    @discardableResult
    private mutating func note(_ matter: LedgerDecision.Matter, by name: String, reason: String) -> LedgerDecision {
        let decision = LedgerDecision(
            matter: matter, at: instant, by: name, reason: reason, afterEntry: Int64(journal.count))
        decisions.append(decision)
        return decision
    }
}

extension LimitsOffer {
    /// Why limits are in force that nobody decided on.
    package static let reason = "the ledger had not seen these limits"
}

extension GovernorError {
    /// Limits are in force already.
    package static let limitsInForce = GovernorError.nothingToDecide(reason: "these limits are in force already")

    /// The ledger is where its clock is.
    package static let clockNotAhead = GovernorError.nothingToDecide(
        reason: "the ledger is not ahead of its clock by more than \(Int(LedgerMoment.leadMax)) seconds;"
            + " nothing to set right")

    /// A model has no breach that refuses it.
    package static func noBreach(of model: ModelID) -> GovernorError {
        .nothingToDecide(reason: "`\(model.model)` in \(model.region) has no breach that is not accepted")
    }
}

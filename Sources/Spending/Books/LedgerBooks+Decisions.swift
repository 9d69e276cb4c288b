import FoundationEssentials

/// What people decide.
extension LedgerBooks {
    /// What becomes of the limits that a program brings.
    ///
    /// - Parameters:
    ///   - set: The limits.
    ///   - name: Who brings them.
    /// - Returns: What to answer, and what to journal where the ledger had never seen them.
    package func offer(_ set: BudgetSet, by name: String) -> (offer: LimitsOffer, decision: LedgerDecision?) {
        if let last = allLimits.last, allLimits.contains(where: { $0.set == set }) {
            return (last.set == set ? .inForce(last) : .stale(last), nil)
        }
        return (
            .applied(LedgerLimits(set: set, at: now, broughtBy: name), before: allLimits.last),
            decision(.limits(set), at: now, by: name, reason: LimitsOffer.reason)
        )
    }

    /// What to journal of a person's decision.
    ///
    /// - Parameters:
    ///   - request: What the person wants.
    ///   - openBreaches: The holds of the model's breaches that nobody has accepted yet, where that is what is wanted.
    ///   - name: Who decides.
    ///   - reason: Why.
    /// - Returns: The decision, at the instant at which the ledger goes on.
    /// - Throws: ``GovernorError/nothingToDecide(reason:)``.
    package func decide(
        _ request: DecisionRequest, openBreaches: [HoldID] = [], by name: String, reason: String
    ) throws(GovernorError) -> LedgerDecision {
        switch request {
        case .limits(let set):
            guard allLimits.last?.set != set else { throw .limitsInForce }
            return decision(.limits(set), at: now, by: name, reason: reason)
        case .clock:
            guard moment.lead > LedgerMoment.leadMax else { throw .clockNotAhead }
            return decision(.clock(leaving: now), at: clock, by: name, reason: reason)
        case .breach(let model):
            guard !openBreaches.isEmpty else { throw .noBreach(of: model) }
            return decision(.breach(model, holds: openBreaches), at: now, by: name, reason: reason)
        }
    }

    private func decision(
        _ matter: LedgerDecision.Matter, at instant: Date, by name: String, reason: String
    ) -> LedgerDecision {
        LedgerDecision(matter: matter, at: instant, by: name, reason: reason, afterEntry: lastID)
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

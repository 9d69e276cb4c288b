package import FunctionKit

/// What is known of calls and models that went wrong before.
extension CostGovernor {
    /// What is known of a call, and of others to its model, that were sent and not known to be answered.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func doubts(of call: PaidCall) async throws(GovernorError) -> CallDoubts {
        try await ledger.doubts(of: CallPlace(of: call), to: call.model)
    }

    /// What a call was charged in doubt, by its owners or as an orphan, to whichever models.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func charged(for call: PaidCall) async throws(GovernorError) -> Money {
        try await ledger.charged(for: CallPlace(of: call))
    }

    /// What the first budget that covers a call wants done where it has no room; nil where none covers it.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func policy(for call: PaidCall) async throws(GovernorError) -> ExhaustedPolicy? {
        budgets(at: try await moment()).first { $0.covers(call) }?.exhausted
    }

    /// The refusal of a call whose model has cost more than its bound, by the first budget that covers it; nil where none
    /// does.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func refusal(ofBreached call: PaidCall) async throws(GovernorError) -> BudgetRefusal? {
        let (statuses, moment) = try await statusNow()
        return zip(budgets(at: moment), statuses).first { $0.0.covers(call) }.map { budget, status in
            BudgetRefusal(
                budget: budget.name, cause: .breached, remainingNanoUSD: max(0, status.remaining.nanoUSD),
                policy: budget.exhausted, opensAt: status.period.end,
                explanation: "the model `\(call.model.model)` has cost more than its bound, and is not asked before the"
                    + " bound of its price is raised or the breach accepted")
        }
    }
}

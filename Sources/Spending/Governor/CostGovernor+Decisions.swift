package import FoundationEssentials

/// What people decide, and the limits that their files bring.
extension CostGovernor {
    /// Brings this program's own limits to the ledger, as every program does that may pay.
    ///
    /// Limits that the ledger has never seen are in force from now on, for every program on it. Those that were in force
    /// once, and are not any more, are stale: the ledger goes on by its own, and so does this governor.
    ///
    /// - Returns: What became of them.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    @discardableResult
    package func open() async throws(GovernorError) -> LimitsOffer {
        let offer = try await ledger.offer(own, by: broughtBy)
        firstUse.finish()
        return offer
    }

    /// The limits that calls go by once this program has brought its own, and the ledger's moment; nothing is brought yet.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func limitsToCome() async throws(GovernorError) -> (limits: BudgetSet, moment: LedgerMoment) {
        let moment = try await moment()
        guard let limits = moment.limits, moment.allLimits.contains(where: { $0.set == own }) else {
            return (own, moment)
        }
        return (limits.set, moment)
    }

    /// Puts this program's own limits in force, on purpose: also those that were in force before others.
    ///
    /// - Parameters:
    ///   - name: Who decides.
    ///   - reason: Why.
    /// - Returns: What was in force before; nil for nothing.
    /// - Throws: ``GovernorError/nothingToDecide(reason:)`` where they are in force already, or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    @discardableResult
    package func apply(by name: String, reason: String) async throws(GovernorError) -> LedgerLimits? {
        try Self.check(reason)
        let before = try await moment().limits
        _ = try await ledger.decide(.limits(own), by: name, reason: reason)
        waiting.wakeHeads()
        return before
    }

    /// Goes on from the true time, where the clock was ahead once.
    ///
    /// What was spent and held in a period stays counted in it, also in those that the clock had come to.
    ///
    /// - Parameters:
    ///   - name: Who decides.
    ///   - reason: Why.
    /// - Returns: The instant that the ledger had come to, and that at which it goes on.
    /// - Throws: ``GovernorError/nothingToDecide(reason:)`` where the ledger is not ahead of its clock, or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    package func acceptClock(
        by name: String, reason: String
    ) async throws(GovernorError) -> (left: Date, now: Date) {
        try Self.check(reason)
        let decision = try await ledger.decide(.clock, by: name, reason: reason)
        guard case .clock(let left) = decision.matter else {
            throw .ledgerUnavailable(reason: "the ledger failed in an unknown way")
        }
        waiting.wakeHeads()
        return (left, decision.at)
    }

    /// Lets a model be asked again that has cost more than its bound; a later breach refuses it anew.
    ///
    /// - Parameters:
    ///   - name: The model, wherever it runs.
    ///   - person: Who decides.
    ///   - reason: Why.
    /// - Returns: How many breaches are accepted.
    /// - Throws: ``GovernorError/nothingToDecide(reason:)`` where none of the model refuses it, or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    @discardableResult
    package func acceptBreaches(
        of name: String, by person: String, reason: String
    ) async throws(GovernorError) -> Int {
        try Self.check(reason)
        let open = try await ledger.breaches().filter { !$0.isAccepted }
        let models = Set(open.map(\.model).filter { $0.model == name })
        guard !models.isEmpty else {
            let names = Set(open.map(\.model.model)).sorted().map { "`\($0)`" }
            throw .nothingToDecide(
                reason: "`\(name)` has no breach that is not accepted; "
                    + (names.isEmpty ? "no model has" : "there are those of \(names.joined(separator: ", "))"))
        }
        var count = 0
        for model in models.sorted(by: { ($0.provider, $0.region) < ($1.provider, $1.region) }) {
            let decision = try await ledger.decide(.breach(model), by: person, reason: reason)
            if case .breach(_, let holds) = decision.matter { count += holds.count }
        }
        return count
    }

    /// What shows that decisions are lost, or not what was decided; and the last entry that one of them knows of.
    func decisionFindings() async throws(GovernorError) -> ([LedgerFinding], lastEntry: Int64) {
        let decisions: [LedgerDecision]
        do throws(GovernorError) {
            decisions = try await ledger.decisions()
        } catch {
            return ([.damaged(reason: error.description)], 0)
        }
        let accepted = Set(
            decisions.flatMap { decision -> [HoldID] in
                if case .breach(_, let holds) = decision.matter { holds } else { [] }
            })
        let unknown = try await ledger.breaches().filter { $0.isAccepted && !accepted.contains($0.holdID) }
        return (
            unknown.isEmpty
                ? [] : [.damaged(reason: "\(unknown.count) breaches are accepted that nobody decided on")],
            decisions.map(\.afterEntry).max() ?? 0
        )
    }

    private static func check(_ reason: String) throws(GovernorError) {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw .nothingToDecide(reason: "a decision needs a reason for those who read the journal; name one")
        }
    }
}

package import FoundationEssentials
import FunctionKit
import StrictYAML

/// What is done between calls.
extension CostGovernor {
    /// How long an alert's receiver may take before another process tries.
    private static let alertClaim = Duration.seconds(300)

    /// The budgets in force in their present periods, in the order in which refusals name them.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func status() async throws(GovernorError) -> [BudgetStatus] { try await statusNow().statuses }

    /// The same with the moment at which it was so.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func statusNow() async throws(GovernorError) -> (statuses: [BudgetStatus], moment: LedgerMoment) {
        let standing = try await ledger.status { [self] moment in budgets(at: moment).map { $0.line(at: moment) } }
        return (zip(budgets(at: standing.moment), standing.counters).map(BudgetStatus.init), standing.moment)
    }

    /// The ledger's instant, and what is in force.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func moment() async throws(GovernorError) -> LedgerMoment { try await ledger.status { _ in [] }.moment }

    /// The budget with the least left of those that cover a function's calls to a model; nil where none does.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func tightest(for model: ModelID, function: String) async throws(GovernorError) -> BudgetStatus? {
        let call = PaidCall(
            id: CallID(questionID: "", function: function, ordinal: 0, digest: ""), model: model, tenant: nil,
            inputBytes: 0, outputTokensMax: 0)
        let (statuses, moment) = try await statusNow()
        return zip(budgets(at: moment), statuses).filter { $0.0.covers(call) }.map(\.1)
            .min { $0.remaining < $1.remaining }
    }

    /// Rebuilds all counters from the journal and compares, and reads what people decided.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func verify() async throws(GovernorError) -> LedgerVerification {
        // First, so that no entry that a decision knows of is younger than what is read of the journal.
        let (findings, lastEntry) = try await decisionFindings()
        var verification = try await ledger.verify()
        verification.findings += findings
        if lastEntry > verification.lastEntry {
            verification.findings.append(.journalEndsBefore(entry: lastEntry))
        }
        return verification
    }

    /// Whether a call that a budget refused would now find room there: its period turned, its limit was raised, or calls
    /// under way left something over.
    ///
    /// A budget that is no longer known keeps nobody waiting.
    ///
    /// - Parameters:
    ///   - text: As ``BudgetRefusal/budget``.
    ///   - needed: As ``BudgetRefusal/neededNanoUSD``.
    /// - Returns: Whether there is room.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func hasRoom(budget text: String, for needed: Money) async throws(GovernorError) -> Bool {
        let name = BudgetLine.Name(text)
        let standing = try await ledger.status { [self] moment in
            // No ledger has ever kept the part of a tenant who cannot be stored.
            guard let budget = budget(of: name, at: moment), name.tenant.map(StorableName.isOne) ?? true else {
                return []
            }
            return budget.lines(for: name.tenant, at: moment).filter { $0.name == name }
        }
        return standing.counters.allSatisfy { $0.room > .zero && $0.room >= needed }
    }

    /// Raises or lowers a limit until an instant, in the journal: for every process on the ledger, from its next
    /// reservation on.
    ///
    /// A later raise of the same budget takes the place of an earlier one. What is spent stays spent, also where a limit is
    /// lowered below it.
    ///
    /// - Parameters:
    ///   - name: The budget.
    ///   - limit: The limit until then; another than the file's.
    ///   - until: When the file's limit is in force again.
    ///   - reason: Why, for those who read the journal.
    /// - Throws: ``GovernorError/unknownBudget(_:hint:)``, ``GovernorError/uselessRaise(reason:)`` or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    package func raise(
        _ name: String, to limit: Money, until: Date, reason: String
    ) async throws(GovernorError) {
        let moment = try await moment()
        let budget = try budget(named: name, at: moment)
        guard limit != budget.limit else {
            throw .uselessRaise(
                reason: "$\(limit) is the limit of `\(name)` anyway; name another, or end a raise with --cancel")
        }
        guard !reason.allSatisfy(\.isWhitespace) else {
            throw .uselessRaise(reason: "a raise needs a reason for those who read the journal; name one")
        }
        guard until > moment.instant else {
            throw .uselessRaise(
                reason: "\(until.formatted(.iso8601)) has passed by the ledger's clock; name a later instant")
        }
        try await ledger.raise(
            BudgetRaise(
                kind: limit > budget.limit ? .raise : .lower, budget: name, limit: limit, at: .distantPast,
                until: until,
                reason: reason))
        waiting.wakeHeads()
    }

    /// Ends the raise of a budget that is in force, in the journal: the file's limit counts again.
    ///
    /// - Parameters:
    ///   - name: The budget.
    ///   - reason: Why, for those who read the journal.
    /// - Throws: ``GovernorError/unknownBudget(_:hint:)``, ``GovernorError/uselessRaise(reason:)`` or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    package func cancelRaise(of name: String, reason: String) async throws(GovernorError) {
        let moment = try await moment()
        let budget = try budget(named: name, at: moment)
        guard moment.raise(of: name) != nil else {
            throw .uselessRaise(reason: "no raise of `\(name)` is in force: its limit is $\(budget.limit)")
        }
        // It is over by the instant that the ledger gives it, so that programs of before see it end as well.
        try await ledger.raise(
            BudgetRaise(
                kind: .cancel, budget: name, limit: budget.limit, at: .distantPast, until: moment.instant,
                reason: reason))
        waiting.wakeHeads()
    }

    private func budget(named name: String, at moment: LedgerMoment) throws(GovernorError) -> Budget {
        let budgets = budgets(at: moment)
        if let budget = budgets.first(where: { $0.name == name }) { return budget }
        let names = budgets.map(\.name)
        throw .unknownBudget(
            name,
            hint: nearest(to: name, among: names).map { "did you mean `\($0)`?" }
                ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")
    }

    /// The ledger's instant: the clock's, or that of the last journal entry where the clock was ahead then.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func ledgerInstant() async throws(GovernorError) -> Date { try await moment().instant }

    /// Raises the alerts that are due and gives those that are to be delivered now; each is given again after five
    /// minutes unless it was confirmed.
    ///
    /// The first time, the last periods in which anything was spent are looked at, however long ago they were: a process
    /// that died may not have come to it.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func claimAlerts() async throws(GovernorError) -> [BudgetAlert] {
        let last = claims.count == 0 ? try await lastPeriods() : [:]
        let alerts = try await ledger.claimAlerts(
            { [self] moment in
                budgets(at: moment).flatMap { budget in
                    // A call of the period before may have been settled since it turned.
                    let recent = [budget.lineBefore(moment), budget.line(at: moment)]
                    let earlier = (last[budget.name] ?? []).filter { $0.end <= recent[0].period.start }.suffix(2)
                    return (earlier.map { budget.line(of: $0, at: moment) } + recent).map { ($0, budget.alertsPercent) }
                }
            }, claim: Self.alertClaim)
        claims.add()
        return alerts
    }

    /// The periods in which anything was counted, in order, as far back as raises are known.
    private func lastPeriods() async throws(GovernorError) -> [String: [Period]] {
        let now = try await ledgerInstant()
        return Dictionary(
            grouping: try await ledger.counters(in: now.addingTimeInterval(-LedgerMoment.raisesKnown)..<now),
            by: \.budget
        ).mapValues { $0.map(\.period) }
    }

    /// Takes note that an alert was delivered.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func confirm(_ alert: BudgetAlert) async throws(GovernorError) { try await ledger.confirm(alert) }

    /// Gives a claimed alert back undelivered.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func handBack(_ alert: BudgetAlert) async throws(GovernorError) { try await ledger.handBack(alert) }

    /// Gives an element after this governor ended holds; one for many that come close together.
    var endings: AsyncStream<Void> { news.stream }
}

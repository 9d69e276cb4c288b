package import FoundationEssentials
package import Spending

/// What reports are made from: the ledger that enforces, and what is in force today.
package struct LedgerView: Sendable {
    /// The ledger's sums.
    package let reader: any SpendReader
    /// The same ledger's journal.
    package let ledger: any SpendLedger
    /// Where each budget in force stands, in their order.
    package let statuses: [BudgetStatus]
    /// The budgets in force, in the same order: the ledger's, or those of the files where it has none yet.
    package let budgets: [Budget]
    /// What the files say; nothing where none were read.
    package let own: BudgetSet
    /// The ledger's instant, and the raises that are known.
    package let moment: LedgerMoment
    /// All that budgets ever counted, also under names that the files no longer hold.
    package let counters: [PeriodCounter]
    /// When the first call was reserved; nil for an empty ledger.
    package let start: Date?

    /// Where the ledger lies, in words that may follow `in`; nil where nobody has told.
    package let place: String?

    /// Looks at a ledger.
    ///
    /// - Parameters:
    ///   - governor: The budgets, over the ledger that is read.
    ///   - reader: That ledger.
    ///   - place: Where it lies, in words that may follow `in`.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package init(
        _ governor: CostGovernor, reader: any SpendReader, place: String? = nil
    ) async throws(GovernorError) {
        self.reader = reader
        self.place = place
        ledger = governor.ledger
        let now: LedgerMoment
        (statuses, now) = try await governor.statusNow()
        budgets = governor.budgets(at: now)
        own = governor.own
        moment = LedgerMoment(
            instant: now.instant, raises: try await ledger.raises(), allLimits: now.allLimits, lead: now.lead)
        start = try await ledger.journal(after: 0, atMost: 1).first?.at
        counters = try await reader.counters(in: .distantPast ..< .distantFuture)
    }

    /// The ledger's instant.
    package var now: Date { moment.instant }

    /// The zone in which the budgets turn; UTC where they do not agree.
    package var timeZone: TimeZone {
        let zones = Set(budgets.map(\.rule.timeZone))
        return zones.count == 1 ? zones.first ?? .gmt : .gmt
    }

    /// Why the files do not say what is in force; nil where they do, or nothing is yet.
    package var limitsNote: String? {
        guard let limits = moment.limits, limits.set != own, !own.budgets.isEmpty else { return nil }
        let isKnown = moment.allLimits.contains { $0.set == own }
        return
            "The limits in force are those that \(limits.broughtBy) brought at \(limits.at.formatted(.iso8601)). The files here "
            + "say otherwise (\(limits.set.changes(to: own).joined(separator: "; "))) and "
            + (isKnown
                ? "are stale; `sluice budget apply PATH --reason TEXT` puts them in force again."
                : "have not been applied; the first program that pays by them does, or `sluice budget apply PATH`.")
    }

    /// Whose wall clock times are told by, and why it is nobody's where the budgets do not agree.
    ///
    /// - Parameter asked: The zone that a person asks for; nil for the budgets' own.
    /// - Returns: A sentence.
    func clockNote(_ asked: TimeZone?) -> String {
        let zones = Set(budgets.map(\.rule.timeZone.ianaName)).sorted()
        guard asked == nil, zones.count > 1 else {
            return "Times are those of \((asked ?? timeZone).ianaName)."
        }
        return "Times are those of UTC, because budgets turn by different clocks: \(zones.joined(separator: ", ")). "
            + "`--timezone` names another."
    }

    /// The sum over all calls of a scope that were reserved in a span.
    package func total(
        in span: Range<Date>, scope: BudgetScope = BudgetScope()
    ) async throws(GovernorError) -> SpendAmounts {
        try await reader.spending(SpendQuery(span: span, grouping: .quarter, scope: scope)).reduce(.zero) {
            $0 + $1.amounts
        }
    }
}

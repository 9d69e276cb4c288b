import FoundationEssentials

extension Budget {
    /// What the ledger counts the whole budget in.
    func line(at moment: LedgerMoment) -> BudgetLine {
        BudgetLine(
            name: BudgetLine.Name(budget: name), period: period(containing: moment.instant),
            limit: moment.limit(of: self),
            next: moment.raise(of: name).map { BudgetLine.Next(at: $0.until, limit: limit) })
    }

    /// The same in the period before, at the limit of its end.
    func lineBefore(_ moment: LedgerMoment) -> BudgetLine {
        let lastInstant = period(containing: moment.instant).start.addingTimeInterval(-0.001)
        return line(of: period(containing: lastInstant), at: moment)
    }

    /// The same in a period of the past, at the limit of its end.
    func line(of period: Period, at moment: LedgerMoment) -> BudgetLine {
        BudgetLine(
            name: BudgetLine.Name(budget: name), period: period,
            limit: moment.limit(of: self, at: period.end.addingTimeInterval(-0.001)))
    }

    /// What the ledger counts a tenant's call in: the tenant's share first, so that a refusal names it.
    func lines(for tenant: String?, at moment: LedgerMoment) -> [BudgetLine] {
        let whole = line(at: moment)
        guard let tenant, tenantSharePercent < 100 else { return [whole] }
        let share = BudgetLine(
            name: BudgetLine.Name(budget: name, tenant: tenant), period: whole.period,
            limit: tenantShare(of: whole.limit),
            next: whole.next.map { BudgetLine.Next(at: $0.at, limit: tenantShare(of: $0.limit)) })
        return [share, whole]
    }
}

package import FoundationEssentials
package import Spending

/// What each budget will have spent when its period ends, and all calls at the end of the month.
package struct ForecastReport: Sendable {
    /// A sum that grows from day to day.
    struct Curve: Sendable {
        /// The first instants of the month's days.
        let days: [Date]
        /// What was spent by the end of each day; nil for days to come.
        let spent: [Money?]
        /// What is held today.
        let held: Money
    }

    /// The budgets in the order of their files, each at the end of its period.
    package let budgets: [Forecast]
    /// All calls at the end of the calendar month.
    package let month: Forecast
    let curve: Curve
    let timeZone: TimeZone
    /// Whose clock times are told by.
    let clockNote: String
    let now: Date

    /// Looks at a ledger.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - timeZone: Whose month is meant; nil for the budgets' own.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package init(_ view: LedgerView, timeZone: TimeZone? = nil) async throws(GovernorError) {
        let zone = timeZone ?? view.timeZone
        self.timeZone = zone
        clockNote = view.clockNote(timeZone)
        now = view.now
        var budgets: [Forecast] = []
        for (budget, status) in zip(view.budgets, view.statuses) {
            budgets.append(
                try await Forecast(view, budget: (budget, status), timeZone: budget.rule.timeZone))
        }
        self.budgets = budgets
        month = try await Forecast(view, budget: nil, timeZone: zone)
        curve = try await Curve(view, month: month.period, zone)
    }
}

extension ForecastReport.Curve {
    init(_ view: LedgerView, month: Period, _ zone: TimeZone) async throws(GovernorError) {
        let rule = PeriodRule(length: .day, timeZone: zone, turnsAtMinute: 0)
        var days: [Date] = []
        var day = rule.period(containing: month.start)
        while day.start < month.end {
            days.append(day.start)
            day = rule.period(containing: day.end)
        }
        let sums = try await view.reader.spending(
            SpendQuery(span: month.start..<month.end, grouping: .quarter))
        var byDay = [Int64](repeating: 0, count: days.count)
        var held: Int64 = 0
        var index = 0
        for case (.quarter(let quarter), let sum) in sums.map({ ($0.key, $0.amounts) }) {
            while index < days.count - 1, quarter >= days[index + 1] { index += 1 }
            byDay[index] &+= sum.spent.nanoUSD
            held &+= sum.held.nanoUSD
        }
        var spent: Int64 = 0
        self.days = days
        self.held = Money(nanoUSD: held)
        self.spent = zip(days, byDay).map { day, amount in
            spent &+= amount
            return day <= view.now ? Money(nanoUSD: spent) : nil
        }
    }
}

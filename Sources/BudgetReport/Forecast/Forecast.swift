import Documents
import FoundationEssentials
package import Spending

/// What will be spent until the end of a period, from the pace so far.
package struct Forecast: Sendable {
    /// How long a slice of the pace is.
    package enum Slice: String, Sendable {
        /// An hour, of which the last 24 are looked at: a whole turn of the day.
        case hour
        /// A day from midnight to midnight, of which the last 28 are looked at: whole weeks.
        case day

        var slicesMax: Int {
            switch self {
            case .hour: 24
            case .day: 28
            }
        }
    }

    /// What is expected at the end.
    package struct Expectation: Sendable, Hashable {
        /// The middle.
        package let expected: Money
        /// With a probability of 80 % it is between this...
        package let low: Money
        /// ...and this.
        package let high: Money
    }

    /// The budget; nil for all calls.
    package let budget: String?
    /// The period.
    package let period: Period
    /// What its limit is; nil for all calls.
    package let limit: Money?
    /// What is spent so far.
    package let spent: Money
    /// How long a slice of the pace is.
    package let slice: Slice
    /// How many slices since the first call there are, of those that are looked at.
    package let slices: Int
    /// What is expected; nil where too few slices are over to tell.
    package let expectation: Expectation?

    /// Looks ahead.
    ///
    /// - Parameters:
    ///   - view: The ledger.
    ///   - budget: The budget, and where it stands; nil for all calls of the calendar month.
    ///   - timeZone: Whose days and months are meant.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    init(
        _ view: LedgerView, budget: (budget: Budget, status: BudgetStatus)?, timeZone: TimeZone
    ) async throws(GovernorError) {
        let scope = budget?.budget.scope ?? BudgetScope()
        let month = PeriodRule(length: .month, timeZone: timeZone, turnsAtMinute: 0).period(containing: view.now)
        period = budget?.status.period ?? month
        self.budget = budget?.budget.name
        limit = budget?.status.limit
        if let status = budget?.status {
            spent = status.spent
        } else {
            spent = try await view.total(in: month).spent
        }
        let isLong = [nil, .week, .month].contains(budget?.budget.rule.length)
        slice = isLong ? .day : .hour
        let bounds = slice.bounds(before: view.now, timeZone)
        let amounts = try await Self.amounts(bounds, scope, view)
        slices = amounts.count
        let rest = period.end.timeIntervalSince(view.now) / (isLong ? 86_400 : 3600)
        expectation = Pace(slices: amounts).more(max(0, rest)).map { [spent, limit] more in
            // No call passes a limit; what is spent is spent.
            func amount(_ nano: Double) -> Money {
                let sum = spent.addingUpToLimit(Money(nearest: max(0, nano))).rounded
                return max(spent, min(sum, limit ?? sum))
            }
            return Expectation(
                expected: amount(more.expected), low: amount(more.expected - more.half),
                high: amount(more.expected + more.half))
        }
    }

    /// What was spent in each span between two bounds, without those that were over before the first call.
    private static func amounts(
        _ bounds: [Date], _ scope: BudgetScope, _ view: LedgerView
    ) async throws(GovernorError) -> [Double] {
        guard let first = bounds.first, let last = bounds.last, let start = view.start else { return [] }
        let sums = try await view.reader.spending(SpendQuery(span: first..<last, grouping: .quarter, scope: scope))
        var amounts = [Double](repeating: 0, count: bounds.count - 1)
        var slice = 0
        for case (.quarter(let quarter), let sum) in sums.map({ ($0.key, $0.amounts) }) {
            while slice < amounts.count - 1, quarter >= bounds[slice + 1] { slice += 1 }
            amounts[slice] += Double(sum.spent.nanoUSD)
        }
        return Array(amounts.dropFirst(bounds.dropFirst().count { $0 <= start }))
    }
}

extension Forecast.Slice {
    /// The ends of the slices that are over, oldest first.
    func bounds(before now: Date, _ zone: TimeZone) -> [Date] {
        switch self {
        case .hour:
            let last = SpendQuarter.start(SpendQuarter.number(now))
            return (0...slicesMax).reversed().map { last.addingTimeInterval(-3600 * Double($0)) }
        case .day:
            let rule = PeriodRule(length: .day, timeZone: zone, turnsAtMinute: 0)
            var bounds = [rule.period(containing: now).start]
            while bounds.count <= slicesMax, let first = bounds.first {
                bounds.insert(rule.period(containing: first.addingTimeInterval(-1)).start, at: 0)
            }
            return bounds
        }
    }
}

extension LedgerView {
    fileprivate func total(in period: Period) async throws(GovernorError) -> SpendAmounts {
        try await total(in: period.start..<period.end)
    }
}

package import Documents
import Foundation
import Spending

extension ForecastReport {
    /// How the numbers come about, for the help and the report.
    package static let method = """
        The pace so far is what was spent in the last 24 whole hours, for budgets that turn every hour or day, or in the \
        last 28 whole days, for longer ones and for the month; hours and days before the first call do not count. The rest \
        of the period is taken to cost its mean. With a probability of 80 % the end lies between low and high, if hours or \
        days go on to scatter as they did (Student's prediction interval). With fewer than \(Pace.slicesMin) of them, or \
        with nothing spent in them, there is no forecast. No call passes a limit, so no forecast does.
        """

    /// The report as a document.
    package var document: Document {
        Document(
            headline: headline,
            sections: [
                Section([
                    .table(table), .note(clockNote), .explanation(title: "How this is forecast", Self.method),
                ]), monthSection,
            ].compactMap { $0 }, records: table, value: value, timeZone: timeZone)
    }

    private var all: [Forecast] { budgets + [month] }

    private var headline: String {
        let name = month.period.start.formatted(Date.ISO8601FormatStyle(timeZone: timeZone).year().month())
        guard let expectation = month.expectation else {
            return "\(month.spent.dollars()) spent in \(name) so far; too little is known to tell how it ends"
        }
        return "\(name) ends at about \(expectation.expected.dollars()), "
            + "between \(expectation.low.dollars()) and \(expectation.high.dollars()); "
            + "\(month.spent.dollars()) spent so far"
    }

    private var table: Table {
        Table(
            columns: [
                Column("budget", "Budget", importance: .high), Column("period_end", "Ends", importance: .high),
                Column("limit_usd", "Limit", isNumeric: true, importance: .low),
                Column("spent_usd", "Spent", isNumeric: true, importance: .high),
                Column("expected_usd", "Expected", isNumeric: true, importance: .high),
                Column("low_usd", "Low", isNumeric: true, importance: .high),
                Column("high_usd", "High", isNumeric: true, importance: .high),
                Column("based_on", "Based on", importance: .low),
            ],
            rows: all.map { forecast in
                let expectation = forecast.expectation
                return [
                    .text(forecast.budget ?? "(all calls)"), .instant(forecast.period.end),
                    .about(ifKnown: forecast.limit), .about(forecast.spent),
                    .about(ifKnown: expectation?.expected), .about(ifKnown: expectation?.low),
                    .about(ifKnown: expectation?.high), .text(forecast.basis),
                ]
            })
    }

    private var value: Value {
        Value(
            at: now.formatted(.iso8601), timezone: timeZone.ianaName, budgets: budgets.map(Value.Line.init),
            month: Value.Line(month))
    }

    /// The month's curve, with what is expected from today on.
    package var monthSection: Section? {
        guard let last = curve.spent.lastIndex(where: { $0 != nil }), month.spent != .zero || curve.held != .zero
        else { return nil }
        let days = curve.days.count
        var series = [Chart.Series("Spent", role: .spent, amounts: curve.spent)]
        if curve.held != .zero {
            series.append(
                Chart.Series("Held", role: .held, amounts: (0..<days).map { $0 == last ? curve.held : nil }))
        }
        if let expectation = month.expectation {
            // Straight from today to the end.
            func line(to end: Money) -> [Money?] {
                (0..<days).map { day in
                    guard day >= last else { return nil }
                    let share = days - 1 == last ? 1 : Double(day - last) / Double(days - 1 - last)
                    let rest = (Double(end.nanoUSD) - Double(month.spent.nanoUSD)) * share
                    return month.spent.addingUpToLimit(Money(nearest: rest)).rounded
                }
            }
            series += [
                Chart.Series("Expected", role: .forecast, amounts: line(to: expectation.expected)),
                Chart.Series("Low", role: .low, amounts: line(to: expectation.low)),
                Chart.Series("High", role: .high, amounts: line(to: expectation.high)),
            ]
        }
        let style = Date.ISO8601FormatStyle(timeZone: timeZone).year().month().day()
        return Section([
            .chart(
                Chart(
                    title: "The month's sum, and how it may go on",
                    summary: "A line that grows from day to day. \(headline).", kind: .lines, axis: "Day",
                    labels: curve.days.map { $0.formatted(style) }, series: series))
        ])
    }

    /// The stable JSON.
    private struct Value: Encodable {
        struct Line: Encodable {
            let budget: String?
            let periodStart, periodEnd, slice: String
            let limit: Money?
            let spent: Money
            let expected, low, high: Money?
            let slices: Int

            init(_ forecast: Forecast) {
                budget = forecast.budget
                periodStart = forecast.period.start.formatted(.iso8601)
                periodEnd = forecast.period.end.formatted(.iso8601)
                slice = forecast.slice.rawValue
                slices = forecast.slices
                limit = forecast.limit
                spent = forecast.spent
                expected = forecast.expectation?.expected
                low = forecast.expectation?.low
                high = forecast.expectation?.high
            }

            enum CodingKeys: String, CodingKey {
                case budget, slice, slices
                case periodStart = "period_start"
                case periodEnd = "period_end"
                case limit = "limit_usd"
                case spent = "spent_usd"
                case expected = "expected_usd"
                case low = "low_usd"
                case high = "high_usd"
            }
        }

        let at, timezone: String
        let budgets: [Line]
        let month: Line
    }
}

extension Forecast {
    /// What it is based on, in words.
    var basis: String {
        let count = slices.counted(slice.rawValue)
        return expectation == nil ? "too little: \(count)" : count
    }
}

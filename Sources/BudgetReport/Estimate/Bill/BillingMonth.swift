import CivilTime
import FoundationEssentials
package import Spending

/// How long the month is that a bill is for.
package struct BillingMonth: Sendable, Hashable {
    /// Which month of the calendar, such as `2026-11`; nil for an average one.
    package let name: String?
    /// Its hours.
    package let hours: Int

    /// The twelfth part of a year of 365 days, as the original design counts.
    package static let average = BillingMonth(name: nil, hours: 730)

    /// The most hours that something can run in it: its own, or those of the longest month where none is named.
    package var hoursMax: Int { name == nil ? 744 : hours }

    private init(name: String?, hours: Int) {
        self.name = name
        self.hours = hours
    }

    /// A month of the calendar such as `2026-11`, with 24 hours a day; nil for anything else.
    package init?(_ text: String) {
        guard let start = instant("\(text)-01T00:00:00Z"), let year = Int(text.prefix(4)),
            let month = Int(text.suffix(2))
        else { return nil }
        let (nextYear, next) = month == 12 ? (year + 1, 1) : (year, month + 1)
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        guard let end = instant("\(padded(nextYear, 4))-\(padded(next, 2))-01T00:00:00Z") else { return nil }
        hours = Int(end.timeIntervalSince(start)) / 3600
        name = text
    }

    /// For people: `2026-11, 30 days of 24 hours`.
    var title: String {
        name.map { "\($0), \(hours / 24) days of 24 hours" } ?? "an average month of \(hours) hours"
    }

    /// How many of a budget's periods can be used up in it.
    ///
    /// In a month of the calendar, by the budget's own clock, these are all periods that it touches: a week that began before
    /// it may be spent within it, and so may one that ends after it. In an average month there are as many as in a long time,
    /// rounded up to the billionth.
    package func periods(of rule: PeriodRule) -> Quantity {
        guard let name, let start = instant("\(name)-01T00:00:00Z") else {
            return switch rule.length {
            case .hour: Quantity(hours)
            case .day: Quantity(hours, dividedBy: 24)
            case .week: Quantity(hours, dividedBy: 168)
            case .month: Quantity(1)
            }
        }
        var months = rule
        months.length = .month
        // In the middle of a month all zones have the same one.
        let month = months.period(containing: start.addingTimeInterval(14 * 86_400))
        var (count, instant) = (0, month.start)
        while instant < month.end {
            count += 1
            instant = rule.period(containing: instant).end
        }
        return Quantity(count)
    }
}

import Documents
import Foundation
import Spending

extension SpendReport {
    /// More bars would make a long page.
    private static let barsMax = 12

    /// The report as a picture; nil where there is nothing to see.
    var chart: Chart? { grouping.length == nil ? barChart : columnChart }

    private var columnChart: Chart? {
        guard !periods.isEmpty else { return nil }
        let byPeriod = Dictionary(
            uniqueKeysWithValues: groups.compactMap { group -> (Period, SpendAmounts)? in
                if case .period(let period) = group.key { (period, group.amounts) } else { nil }
            })
        var series = [
            Chart.Series("Spent", role: .spent, amounts: periods.map { byPeriod[$0]?.spent ?? .zero })
        ]
        if total.amounts.held != .zero {
            series.append(
                Chart.Series("Held", role: .held, amounts: periods.map { byPeriod[$0]?.held ?? .zero }))
        }
        if !limits.isEmpty {
            series.append(Chart.Series("Limit", role: .limit, amounts: periods.map { limits[$0] }))
        }
        return Chart(
            title: "Spent by \(grouping.rawValue)" + (limits.isEmpty ? "" : ", against the limit"),
            summary: "Columns, one for each \(grouping.rawValue)"
                + (periods.count == Self.periodsMax ? ", the newest \(Self.periodsMax) alone" : "")
                + "; in all \(total.amounts.spent.dollars()).",
            kind: .columns, axis: grouping.rawValue.capitalized, labels: periods.map { label(.period($0)) },
            series: series, note: limitNote)
    }

    private var barChart: Chart? {
        let shown = groups.prefix(Self.barsMax).filter { $0.amounts.spent != .zero || $0.amounts.held != .zero }
        guard !shown.isEmpty else { return nil }
        var series = [Chart.Series("Spent", role: .spent, amounts: shown.map(\.amounts.spent))]
        if shown.contains(where: { $0.amounts.held != .zero }) {
            series.append(Chart.Series("Held", role: .held, amounts: shown.map(\.amounts.held)))
        }
        return Chart(
            title: "Spent by \(grouping.rawValue)",
            summary: "Bars, the dearest \(grouping.rawValue) first; in all \(total.amounts.spent.dollars()).",
            kind: .bars, axis: grouping.rawValue.capitalized, labels: shown.map { label($0.key) }, series: series)
    }
}

import Spending

/// Draws a chart under its legend.
struct ChartDrawing {
    let chart: Chart

    init(_ chart: Chart) { self.chart = chart }

    var markup: [Markup] { [legend].compactMap { $0 } + drawings }

    /// Columns and lines are drawn twice, for a wide screen and for a phone, of which the style sheet shows the one that
    /// fits: a single drawing would shrink its words with the screen.
    private var drawings: [Markup] {
        switch chart.kind {
        case .columns, .lines:
            [
                PlotDrawing(chart: chart, width: 860, height: 260, screen: "wide").markup,
                PlotDrawing(chart: chart, width: 350, height: 230, screen: "narrow").markup,
            ]
        case .bars: [BarsDrawing(chart: chart).markup]
        }
    }

    /// What each colour and stroke means; nil where there is only one.
    private var legend: Markup? {
        guard chart.series.count > 1 else { return nil }
        var entries: [(String, Markup)] = []
        for series in chart.series where series.role != .low && series.role != .high {
            let isLine = [.limit, .forecast].contains(series.role) || chart.kind == .lines && series.role == .spent
            entries.append(
                (
                    series.name,
                    isLine
                        ? .element("path", ["class": "line \(series.role.name)", "d": "M0 6H18"])
                        : .element("rect", ["class": series.role.name, "width": "14", "height": "12", "rx": "2"])
                ))
        }
        if chart.series.contains(where: { $0.role == .high }) {
            entries.append(
                ("80 % range", .element("rect", ["class": "range", "width": "18", "height": "12", "rx": "2"])))
        }
        return .element(
            "ul", ["class": "legend", "aria-hidden": "true"],
            entries.map { name, sample in
                .element(
                    "li", [:],
                    [.element("svg", ["viewBox": "0 0 18 12", "focusable": "false"], [sample]), .text(name)])
            })
    }
}

extension Chart.Role {
    /// The class of the style sheet.
    var name: String {
        switch self {
        case .spent: "spent"
        case .held: "held"
        case .limit: "limit"
        case .forecast, .low, .high: "forecast"
        }
    }
}

extension Chart {
    /// The amounts of a role; nil where the chart has none.
    func amounts(_ role: Role) -> [Money?]? { series.first { $0.role == role }?.amounts }

    /// What those are told who do not see it.
    var spoken: String { "\(title). \(summary) The numbers follow as a table." }
}

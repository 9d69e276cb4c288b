import Spending

/// Draws a chart twice: for a wide screen and for a phone, of which the style sheet shows the one that fits.
///
/// Words keep their size that way; a single drawing would shrink them with the screen.
struct ChartDrawing {
    let chart: Chart

    init(_ chart: Chart) { self.chart = chart }

    var markup: [Markup] {
        [legend].compactMap { $0 } + [
            drawing(width: 860, height: 260, "wide"), drawing(width: 350, height: 230, "narrow"),
        ]
    }

    private func drawing(width: Double, height: Double, _ screen: String) -> Markup {
        switch chart.kind {
        case .columns, .lines: PlotDrawing(chart: chart, width: width, height: height, screen: screen).markup
        case .bars: BarsDrawing(chart: chart, width: width, screen: screen).markup
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

    /// A drawing that says its title and summary to those who do not see it.
    func svg(width: Double, height: Double, screen: String, _ children: [Markup]) -> Markup {
        .element(
            "svg",
            [
                "class": "chart \(screen)", "viewBox": "0 0 \(width.decimal(0)) \(height.decimal(0))", "role": "img",
                "aria-label": "\(title). \(summary) The numbers follow as a table.",
            ], children)
    }
}

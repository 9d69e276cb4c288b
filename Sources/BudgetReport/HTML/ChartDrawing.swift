/// Draws a chart.
struct ChartDrawing {
    let chart: Chart

    init(_ chart: Chart) { self.chart = chart }

    var markup: Markup { .element("p", ["class": "note"], text: chart.summary) }
}

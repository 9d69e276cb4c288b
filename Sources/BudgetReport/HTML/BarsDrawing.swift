import Spending

/// Draws a bar for each label, with its name above and its amount behind it.
struct BarsDrawing {
    let chart: Chart
    let width: Double
    let screen: String

    private static let rowHeight = 44.0
    private static let barHeight = 14.0
    private static let amountWidth = 96.0
    private static let characterWidth = 7.2

    var markup: Markup {
        let largest = chart.labels.indices.map { spent($0) + held($0) }.max() ?? 0
        let room = width - Self.amountWidth
        return chart.svg(
            width: width, height: Self.rowHeight * Double(chart.labels.count), screen: screen,
            chart.labels.indices.flatMap { index -> [Markup] in
                let top = Self.rowHeight * Double(index)
                func length(_ nano: Int64) -> Double { room * Double(nano) / Double(max(1, largest)) }
                func bar(_ role: Chart.Role, from start: Double, _ length: Double) -> [Markup] {
                    guard length > 0 else { return [] }
                    return [
                        .element(
                            "rect",
                            [
                                "class": role.name, "x": start.decimal(1), "y": (top + 22).decimal(1),
                                "width": max(1, length).decimal(1), "height": Self.barHeight.decimal(0), "rx": "3",
                            ])
                    ]
                }
                let spentLength = length(spent(index))
                let heldLength = length(held(index))
                let end = spentLength + (heldLength > 0 ? heldLength + 1.5 : 0)
                return [
                    .element(
                        "text", ["class": "name", "x": "0", "y": (top + 15).decimal(1)], text: name(index))
                ] + bar(.spent, from: 0, spentLength) + bar(.held, from: spentLength + 1.5, heldLength) + [
                    .element(
                        "text", ["x": (end + 8).decimal(1), "y": (top + 33).decimal(1)],
                        text: Money(nanoUSD: spent(index)).shortDollars)
                ]
            })
    }

    private func spent(_ index: Int) -> Int64 { chart.amounts(.spent)?[index]?.nanoUSD ?? 0 }
    private func held(_ index: Int) -> Int64 { chart.amounts(.held)?[index]?.nanoUSD ?? 0 }

    private func name(_ index: Int) -> String {
        TerminalText.shortened(
            TerminalText.clean(chart.labels[index]), to: Int(width / Self.characterWidth), ellipsis: "…")
    }
}

extension Money {
    /// To a hundredth of a cent, for a place where the whole amount would not fit.
    var shortDollars: String { rounded.dollars() }
}

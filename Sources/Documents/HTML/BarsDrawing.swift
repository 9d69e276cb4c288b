import Spending

/// Draws a bar for each label, with its name above and its amount behind it.
///
/// Lengths are shares of the width, so that words keep their size on every screen.
struct BarsDrawing {
    let chart: Chart

    private static let rowHeight = 44.0
    private static let barHeight = 14.0
    /// The longest bar leaves room for its amount.
    private static let longest = 76.0

    var markup: Markup {
        let largest = chart.labels.indices.map { Double(spent($0)) + Double(held($0)) }.max() ?? 0
        return .element(
            "svg",
            [
                "class": "chart", "height": (Self.rowHeight * Double(chart.labels.count)).decimal(0), "role": "img",
                "aria-label": chart.spoken,
            ],
            chart.labels.indices.flatMap { index -> [Markup] in
                let top = Self.rowHeight * Double(index)
                let scale = Self.longest / max(1, largest)
                let (spent, held) = (Double(spent(index)) * scale, Double(held(index)) * scale)
                // What is held stands apart by a hair.
                let gap = held > 0 ? 0.3 : 0
                return [.element("text", ["class": "name", "x": "0", "y": (top + 15).decimal(0)], text: name(index))]
                    + bar(.spent, from: 0, spent, top) + bar(.held, from: spent + gap, held, top) + [
                        .element(
                            "text",
                            ["x": percent(spent + gap + held), "dx": "8", "y": (top + 33).decimal(0)],
                            text: amount(Money(nanoUSD: self.spent(index))))
                    ]
            })
    }

    private func bar(_ role: Chart.Role, from start: Double, _ length: Double, _ top: Double) -> [Markup] {
        guard length > 0 else { return [] }
        return [
            .element(
                "rect",
                [
                    "class": role.name, "x": percent(start), "y": (top + 22).decimal(0),
                    "width": percent(max(0.3, length)), "height": Self.barHeight.decimal(0), "rx": "3",
                ])
        ]
    }

    /// Rounded, unless nothing would be left of it.
    private func amount(_ spent: Money) -> String { (spent.rounded == .zero ? spent : spent.rounded).dollars() }

    private func percent(_ share: Double) -> String { share.decimal(2) + "%" }

    private func spent(_ index: Int) -> Int64 { chart.amounts(.spent)?[index]?.nanoUSD ?? 0 }
    private func held(_ index: Int) -> Int64 { chart.amounts(.held)?[index]?.nanoUSD ?? 0 }

    private func name(_ index: Int) -> String {
        TerminalText.shortened(TerminalText.clean(chart.labels[index]), to: 44, ellipsis: "…")
    }
}

import Spending

/// Draws columns or lines over an axis of labels.
struct PlotDrawing {
    let chart: Chart
    let width: Double
    let height: Double
    let screen: String

    private static let top = 10.0
    private static let bottom = 24.0
    private static let characterWidth = 7.2

    var markup: Markup {
        .element(
            "svg",
            [
                "class": "chart plot \(screen)", "viewBox": "0 0 \(width.decimal(0)) \(height.decimal(0))",
                "role": "img", "aria-label": chart.spoken,
            ], grid + (chart.kind == .columns ? columns : []) + range + lines + ticks)
    }

    private var scale: AmountScale {
        let stacked = chart.labels.indices.map { index in
            (chart.amounts(.spent)?[index] ?? .zero).addingUpToLimit(chart.amounts(.held)?[index] ?? .zero)
        }
        let others = chart.series.filter { ![.spent, .held].contains($0.role) }.flatMap(\.amounts).compactMap(\.self)
        return AmountScale(upTo: (stacked + others).max() ?? .zero)
    }

    private var left: Double {
        Double(scale.labels.map(\.count).max() ?? 0) * Self.characterWidth + 8
    }

    private var slot: Double { (width - left) / Double(max(1, chart.labels.count)) }

    /// The middle of a label's place.
    private func x(_ index: Int) -> Double { left + slot * (Double(index) + 0.5) }

    private func y(_ share: Double) -> Double {
        Self.top + (height - Self.top - Self.bottom) * (1 - share)
    }

    private var grid: [Markup] {
        zip(scale.marks, scale.labels).flatMap { mark, label in
            let y = y(scale.share(mark))
            return [
                Markup.element(
                    "line",
                    [
                        "class": "grid", "x1": left.decimal(1), "x2": width.decimal(1), "y1": y.decimal(1),
                        "y2": y.decimal(1),
                    ]),
                .element(
                    "text", ["x": (left - 8).decimal(1), "y": (y + 4).decimal(1), "text-anchor": "end"], text: label),
            ]
        }
    }

    /// What is spent, and what is held on top of it, a hair apart.
    private var columns: [Markup] {
        let thickness = max(1, min(34, slot * 0.72))
        return chart.labels.indices.flatMap { index -> [Markup] in
            let spent = scale.share(chart.amounts(.spent)?[index] ?? .zero)
            let held = scale.share(chart.amounts(.held)?[index] ?? .zero)
            func column(_ role: Chart.Role, from bottom: Double, _ share: Double) -> [Markup] {
                guard share > 0 else { return [] }
                let tall = max(1, y(bottom) - y(bottom + share) - (bottom > 0 ? 1.5 : 0))
                return [
                    .element(
                        "rect",
                        [
                            "class": role.name, "x": (x(index) - thickness / 2).decimal(1),
                            "y": (y(bottom + share)).decimal(1), "width": thickness.decimal(1),
                            "height": tall.decimal(1), "rx": min(3, thickness / 4).decimal(1),
                        ], [.element("title", text: hint(index))])
                ]
            }
            return column(.spent, from: 0, spent) + column(.held, from: spent, held)
        }
    }

    /// What a pointer that rests on a label's place is told.
    private func hint(_ index: Int) -> String {
        chart.labels[index]
            + chart.series.compactMap { series in
                series.amounts[index].map { ", \(series.name.lowercased()) \($0.dollars())" }
            }.joined()
    }

    private var range: [Markup] {
        guard let low = chart.amounts(.low), let high = chart.amounts(.high) else { return [] }
        let known = chart.labels.indices.filter { low[$0] != nil && high[$0] != nil }
        guard !known.isEmpty else { return [] }
        let points =
            known.map { point($0, high[$0] ?? .zero) } + known.reversed().map { point($0, low[$0] ?? .zero) }
        return [.element("path", ["class": "range", "d": "M" + points.joined(separator: "L") + "Z"])]
    }

    private var lines: [Markup] {
        chart.series.compactMap { series in
            switch series.role {
            case .limit: series.amounts.contains { $0 != nil } ? steps(series) : nil
            case .forecast: line(series)
            case .spent where chart.kind == .lines: line(series)
            case .held where chart.kind == .lines: heldMark(series)
            default: nil
            }
        }
    }

    private func line(_ series: Chart.Series) -> Markup {
        let known = series.amounts.indices.filter { series.amounts[$0] != nil }
        // A line needs two ends: on the first day of a month it is as wide as the day.
        if known.count == 1 { return steps(series) }
        let points = series.amounts.indices.compactMap { index in series.amounts[index].map { point(index, $0) } }
        return .element(
            "path",
            ["class": "line \(series.role.name)", "d": points.isEmpty ? "" : "M" + points.joined(separator: "L")])
    }

    /// A limit holds for all of a period: the line goes through its whole place, and jumps between two.
    private func steps(_ series: Chart.Series) -> Markup {
        var path = ""
        for (index, amount) in series.amounts.enumerated() {
            guard let amount else { continue }
            let y = y(scale.share(amount)).decimal(1)
            path +=
                "\(path.isEmpty ? "M" : "L")\((x(index) - slot / 2).decimal(1)) \(y)H\((x(index) + slot / 2).decimal(1))"
        }
        return .element("path", ["class": "line \(series.role.name)", "d": path])
    }

    /// What is held now, standing on what is spent.
    private func heldMark(_ series: Chart.Series) -> Markup? {
        guard let index = series.amounts.lastIndex(where: { $0 != nil }), let held = series.amounts[index] else {
            return nil
        }
        let spent = chart.amounts(.spent)?[index] ?? .zero
        let top = y(scale.share(spent.addingUpToLimit(held)))
        return .element(
            "rect",
            [
                "class": "held", "x": (x(index) - 3).decimal(1), "y": top.decimal(1), "width": "6",
                "height": max(1, y(scale.share(spent)) - top).decimal(1),
            ], [.element("title", text: hint(index))])
    }

    private func point(_ index: Int, _ amount: Money) -> String {
        "\(x(index).decimal(1)) \(y(scale.share(amount)).decimal(1))"
    }

    /// As many labels as fit, the first among them.
    private var ticks: [Markup] {
        let longest = Double(chart.labels.map(\.count).max() ?? 0) * Self.characterWidth + 14
        let every = max(1, Int((longest / slot).rounded(.up)))
        var free = 0.0
        return stride(from: 0, to: chart.labels.count, by: every).compactMap { index in
            let half = longest / 2 - 7
            // At the edges a label leans inwards.
            let x = min(max(x(index), left + half), width - half)
            guard abs(x - self.x(index)) < half, x - half >= free else { return nil }
            free = x + half + 10
            return .element(
                "text", ["x": x.decimal(1), "y": (height - 6).decimal(1), "text-anchor": "middle"],
                text: chart.labels[index])
        }
    }
}

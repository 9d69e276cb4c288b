/// Writes a table for a browser.
///
/// On a phone the style sheet turns each row of a wide table into a card, in which every value stands beside its title; so
/// each cell carries the title with it, and the roles of a table, which some browsers forget where a table is laid out otherwise.
struct TableMarkup {
    private let table: VisibleTable
    /// More columns than a phone has room for become cards.
    private static let phoneColumns = 3

    init(_ table: VisibleTable) { self.table = table }

    var markup: Markup {
        let head = table.columns.indices.map { column in
            Markup.element(
                "th", ["scope": "col", "role": "columnheader", "class": kind(column)], text: table.columns[column].title
            )
        }
        let rows = table.rows.indices.map { row in
            line(table.rows[row]) { column in table.bars[row][column].map { [Self.meter($0)] } }
        }
        return .element(
            // It scrolls by itself on a narrow screen, also by keyboard.
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Table"],
            [
                .element(
                    "table", ["role": "table", "class": table.columns.count > Self.phoneColumns ? "cards" : "columns"],
                    [group("thead", [.element("tr", ["role": "row"], head)]), group("tbody", rows)]
                        + (table.total.map { [group("tfoot", [line($0) { _ in nil }])] } ?? []))
            ])
    }

    private func group(_ name: String, _ rows: [Markup]) -> Markup { .element(name, ["role": "rowgroup"], rows) }

    /// A row, of which the first cell names the others.
    private func line(_ texts: [String], _ drawing: (Int) -> [Markup]?) -> Markup {
        .element(
            "tr", ["role": "row"],
            texts.indices.map { column in
                let content = drawing(column) ?? [.text(texts[column])]
                if column == 0 {
                    return .element("th", ["scope": "row", "role": "rowheader", "class": kind(column)], content)
                }
                return .element(
                    "td", ["role": "cell", "class": kind(column), "data-title": table.columns[column].title], content)
            })
    }

    private func kind(_ column: Int) -> String {
        table.isBar[column] ? "bar" : table.columns[column].isNumeric ? "number" : "words"
    }

    /// A bar whose numbers stand in the cells beside it.
    private static func meter(_ bar: Bar) -> Markup {
        let level =
            switch bar.level {
            case .calm: "calm"
            case .warning: "warning"
            case .full: "full"
            }
        let (filled, held) = (min(1, max(0, bar.filled)), min(1, max(0, bar.filled + bar.held)))
        func part(_ name: String, _ width: Double) -> Markup {
            .element(
                "rect", ["class": name, "width": (width * 100).decimal(2), "height": "10"])
        }
        return .element(
            "svg",
            [
                "class": "meter", "viewBox": "0 0 100 10", "preserveAspectRatio": "none", "aria-hidden": "true",
                "focusable": "false",
            ], [part("track", 1), part("held", bar.held > 0 ? held : 0), part(level, filled)])
    }
}

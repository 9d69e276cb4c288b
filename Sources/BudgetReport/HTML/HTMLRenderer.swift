import Foundation

/// Writes one file for a browser, which asks for nothing else and runs nothing.
struct HTMLRenderer {
    let document: Document

    var text: String {
        let page = Markup.element(
            "html", ["lang": "en"],
            [
                .element(
                    "head", [:],
                    [
                        .element("meta", ["charset": "utf-8"]),
                        .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                        .element("meta", ["name": "color-scheme", "content": "light dark"]),
                        // Nothing is fetched and nothing runs, also where a name from outside tried to.
                        .element(
                            "meta",
                            [
                                "http-equiv": "Content-Security-Policy",
                                "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
                            ]),
                        .element("title", text: "Sluice: \(document.headline)"),
                        .style(PageStyle.sheet),
                    ]),
                .element(
                    "body", [:],
                    [
                        .element(
                            "main", [:],
                            [.element("header", [:], [.element("h1", [:], Self.unbroken(document.headline))])]
                                + document.sections.map(section))
                    ]),
            ])
        return "<!DOCTYPE html>\n" + page.text
    }

    private func section(_ section: Section) -> Markup {
        .element(
            "section", ["class": section.isCompact ? "compact" : "whole"],
            (section.title.map { [Markup.element("h2", [:], Self.unbroken($0))] } ?? [])
                + section.blocks.map { block in
                    switch block {
                    case .table(let table): self.table(table)
                    case .chart(let chart): figure(chart)
                    case .note(let text): .element("p", ["class": "note"], Self.withCode(text))
                    case .explanation(let title, let text):
                        .element(
                            "details", [:],
                            [
                                .element("summary", text: title),
                                .element("p", ["class": "note"], Self.withCode(text)),
                            ])
                    }
                })
    }

    /// Words of which those with a hyphen, such as days, are not broken into two lines.
    private static func unbroken(_ text: String) -> [Markup] {
        text.split(separator: " ").enumerated().map { index, word in
            let word = (index == 0 ? "" : " ") + word
            return word.contains("-") ? .element("span", ["class": "unbroken"], text: word) : .text(word)
        }
    }

    /// A sentence whose commands are set as code.
    private static func withCode(_ text: String) -> [Markup] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            index.isMultiple(of: 2) ? .text(String(part)) : .element("code", text: String(part))
        }
    }

    private func figure(_ chart: Chart) -> Markup {
        .element(
            "figure", [:],
            [
                .element("figcaption", text: chart.title)
            ] + ChartDrawing(chart).markup + [
                .element(
                    "details", [:],
                    [.element("summary", text: "The numbers"), table(chart.table)])
            ])
    }

    private func table(_ table: Table) -> Markup {
        let visible = VisibleTable(table, timeZone: document.timeZone)
        func kind(_ column: Int) -> String {
            visible.isBar[column] ? "bar" : visible.columns[column].isNumeric ? "number" : "words"
        }
        let head = visible.columns.indices.map { column in
            Markup.element("th", ["scope": "col", "class": kind(column)], text: visible.columns[column].title)
        }
        let rows = visible.rows.indices.map { row in
            Markup.element(
                "tr", [:],
                visible.columns.indices.map { column in
                    if let bar = visible.bars[row][column] {
                        return .element("td", ["class": "bar"], [Self.meter(bar)])
                    }
                    let text = visible.rows[row][column]
                    return column == 0
                        ? .element("th", ["scope": "row", "class": kind(column)], text: text)
                        : .element("td", ["class": kind(column)], text: text)
                })
        }
        let total = visible.total.map { total in
            Markup.element(
                "tfoot", [:],
                [
                    .element(
                        "tr", [:],
                        visible.columns.indices.map { column in
                            column == 0
                                ? .element("th", ["scope": "row", "class": kind(column)], text: total[column])
                                : .element("td", ["class": kind(column)], text: total[column])
                        })
                ])
        }
        return .element(
            // It scrolls by itself on a narrow screen, also by keyboard.
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Table"],
            [
                .element(
                    "table", [:],
                    [
                        .element("thead", [:], [.element("tr", [:], head)]),
                        .element("tbody", [:], rows),
                    ] + [total].compactMap { $0 })
            ])
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

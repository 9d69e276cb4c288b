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
                    case .facts(let facts):
                        .element(
                            "dl", ["class": "facts"],
                            facts.flatMap {
                                [.element("dt", text: $0.name), .element("dd", [:], Self.withCode($0.words))]
                            })
                    case .verbatim(let text): .element("pre", [:], [.lines(text)])
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

    /// A sentence whose commands are set as code; a backquote without another is one.
    private static func withCode(_ text: String) -> [Markup] {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            if index.isMultiple(of: 2) { return .text(String(part)) }
            return index == parts.count - 1 ? .text("`" + part) : .element("code", text: String(part))
        }
    }

    private func figure(_ chart: Chart) -> Markup {
        .element(
            "figure", [:],
            [
                .element("figcaption", text: chart.title)
            ] + ChartDrawing(chart).markup
                + (chart.note.map { [.element("p", ["class": "note"], Self.withCode($0))] } ?? []) + [
                    .element(
                        "details", [:],
                        [.element("summary", text: "The numbers"), table(chart.table)])
                ])
    }

    private func table(_ table: Table) -> Markup {
        TableMarkup(VisibleTable(table, timeZone: document.timeZone)).markup
    }
}

import FoundationEssentials

/// Writes one bold headline, then the tables.
struct MarkdownRenderer {
    let document: Document

    var text: String {
        var parts = ["**\(Self.escaped(document.headline))**"]
        for section in document.sections {
            if let title = section.title { parts.append("### \(Self.escaped(title))") }
            parts += section.blocks.compactMap { block in
                switch block {
                case .table(let table): lines(table).joined(separator: "\n")
                case .note(let text), .explanation(_, let text): Self.withCode(text)
                // The table of the same numbers is in the document.
                case .chart: nil
                }
            }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private func lines(_ table: Table) -> [String] {
        let visible = VisibleTable(table, timeZone: document.timeZone)
        let shown = visible.columns.indices.filter { !visible.isBar[$0] }
        func line(_ texts: [String]) -> String { "| " + texts.joined(separator: " | ") + " |" }
        return [
            line(shown.map { Self.escaped(visible.columns[$0].title) }),
            line(shown.map { visible.columns[$0].isNumeric ? "---:" : "---" }),
        ] + visible.rows.map { row in line(shown.map { Self.escaped(row[$0]) }) }
            + [visible.total].compactMap { $0 }.map { total in
                line(shown.map { total[$0].isEmpty ? "" : "**\(Self.escaped(total[$0]))**" })
            }
    }

    /// A sentence whose commands are set as code.
    private static func withCode(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            index.isMultiple(of: 2) ? escaped(String(part)) : "`\(part)`"
        }.joined()
    }

    /// Keeps characters from being read as markup.
    private static func escaped(_ text: String) -> String {
        String(text.flatMap { "\\`*_[]<>|#~&$".contains($0) ? ["\\", $0] : [$0] })
    }
}

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
                case .facts(let facts):
                    facts.map { "- **\(Self.escaped($0.name))**: \(Self.withCode($0.words))" }.joined(separator: "\n")
                case .verbatim(let text): Self.fenced(text)
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

    /// A sentence whose commands are set as code; a backquote without another is one.
    private static func withCode(_ text: String) -> String {
        let parts = TerminalText.clean(text).split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            if index.isMultiple(of: 2) { return escaped(String(part)) }
            return index == parts.count - 1 ? "\\`" + escaped(String(part)) : "`\(part)`"
        }.joined()
    }

    /// Lines as they are, in a fence that none of them ends (CommonMark 0.31, 4.5).
    private static func fenced(_ text: String) -> String {
        let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\n\(TerminalText.clean(text, keepsLines: true))\n\(fence)"
    }

    /// Keeps characters from being read as markup.
    private static func escaped(_ text: String) -> String {
        String(text.flatMap { "\\`*_[]<>|#~&$".contains($0) ? ["\\", $0] : [$0] })
    }
}

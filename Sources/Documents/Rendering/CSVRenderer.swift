/// Writes a table as RFC 4180 has it, with a head and lines that end in CR and LF.
struct CSVRenderer {
    let table: Table

    var text: String {
        // A bar repeats what other columns say.
        let shown = table.columns.indices.filter { column in
            !table.rows.contains { if case .bar = $0[column] { true } else { false } }
        }
        let head = shown.map { table.columns[$0].key }
        return ([head] + table.rows.map { row in shown.map { Self.text(row[$0]) } })
            .map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A cell's text; words from outside that a spreadsheet would take for a formula get an apostrophe, which it takes for
    /// the sign of a text (<https://owasp.org/www-community/attacks/CSV_Injection>).
    private static func text(_ cell: Cell) -> String {
        guard case .text(let text) = cell, let first = text.unicodeScalars.first,
            ["=", "+", "-", "@", "\t", "\r"].contains(first), Double(text) == nil
        else { return cell.plainText }
        return "'" + text
    }

    /// Quoted where it holds a quote, a comma or a line break.
    private static func field(_ text: String) -> String {
        let mustQuote = text.unicodeScalars.contains { ["\"", ",", "\r", "\n"].contains($0) }
        return mustQuote ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}

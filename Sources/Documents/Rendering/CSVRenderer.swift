/// Writes a table as RFC 4180 has it, with a head and lines that end in CR and LF.
struct CSVRenderer {
    let table: Table

    var text: String {
        // A bar repeats what other columns say.
        let shown = table.columns.indices.filter { column in
            !table.rows.contains { if case .bar = $0[column] { true } else { false } }
        }
        let head = shown.map { table.columns[$0].key }
        return ([head] + table.rows.map { row in shown.map { row[$0].plainText } })
            .map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// Quoted where it holds a quote, a comma or a line break.
    private static func field(_ text: String) -> String {
        let mustQuote = text.unicodeScalars.contains { ["\"", ",", "\r", "\n"].contains($0) }
        return mustQuote ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}

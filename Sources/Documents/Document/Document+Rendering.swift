package import Foundation

extension Document {
    /// Writes the document.
    ///
    /// - Parameters:
    ///   - format: How.
    ///   - terminal: What it is shown on; matters to ``DocumentFormat/table`` alone.
    /// - Returns: UTF-8 with a line break at the end.
    /// - Throws: What encoding ``value`` throws.
    package func rendered(as format: DocumentFormat, on terminal: Terminal = .plain) throws -> Data {
        switch format {
        case .table: Data(TableRenderer(document: self, terminal: terminal).text.utf8)
        case .json: try value.stableJSON()
        case .csv: Data(CSVRenderer(table: records).text.utf8)
        case .markdown: Data(MarkdownRenderer(document: self).text.utf8)
        case .html: Data(HTMLRenderer(document: self).text.utf8)
        }
    }
}

/// How a document is written.
package enum DocumentFormat: String, Sendable, CaseIterable {
    /// For people at a terminal.
    case table
    /// For programs: the document's value, with sorted keys.
    case json
    /// For spreadsheets: the document's records, as RFC 4180 has it.
    case csv
    /// For pull requests and notes.
    case markdown
    /// For a browser: one file that needs nothing else.
    case html
}

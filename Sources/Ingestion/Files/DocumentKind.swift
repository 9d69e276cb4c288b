/// The kinds of file that are read, told by the ends of their names.
enum DocumentKind: String, CaseIterable {
    case markdown, text, records, html, pdf

    private var endings: [String] {
        switch self {
        case .markdown: ["md", "markdown"]
        case .text: ["txt", "text"]
        case .records: ["jsonl", "ndjson"]
        case .html: ["html", "htm"]
        case .pdf: ["pdf"]
        }
    }

    /// Nil for a file of another kind.
    init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        guard let kind = Self.allCases.first(where: { $0.endings.contains(ending) }) else { return nil }
        self = kind
    }
}

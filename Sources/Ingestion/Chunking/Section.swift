/// A stretch of a document under one heading.
struct Section: Sendable, Hashable {
    /// The id that the document itself gives it; nil for none.
    var id: String?
    /// The headings that it stands under, the outermost first.
    var headings: [String]
    /// Its blocks, such as paragraphs and list items, each in lines.
    var blocks: [String]
}

/// Puts blocks under the headings that come before them.
struct SectionBuilder {
    private(set) var sections: [Section] = []
    private var path: [(level: Int, heading: String)] = []

    /// Begins a section; one of the same or a deeper level ends.
    mutating func heading(_ text: String, level: Int) {
        let text = text.oneLine
        guard !text.isEmpty else { return }
        path.removeAll { $0.level >= level }
        path.append((level, text))
    }

    /// Adds a block to the present section.
    mutating func block(_ text: String) {
        guard text.contains(where: { !$0.isWhitespace }) else { return }
        let headings = path.map(\.heading)
        if sections.last?.headings != headings { sections.append(Section(headings: headings, blocks: [])) }
        sections[sections.count - 1].blocks.append(text.trimmed)
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// All runs of white space as one space.
    var oneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

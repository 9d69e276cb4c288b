import FoundationEssentials

/// Reads JSON Lines: an object a line with a `text` and, where it has them, `id` and `heading` or `title`.
///
///     {"id": "cpa2019/s34", "heading": "Jurisdiction of District Commission", "text": "(1) Subject to ..."}
enum RecordReader {
    private struct Record: Decodable {
        var id: String?
        var heading: String?
        var title: String?
        var text: String
    }

    /// Reads all lines, but empty ones.
    ///
    /// - Returns: The records that hold a text, and the lines of those that hold none.
    /// - Throws: ``SkipReason/notARecord(line:)``.
    static func read(_ lines: [String]) throws(SkipReason) -> (sections: [Section], withoutText: [Int]) {
        let decoder = JSONDecoder()
        var sections: [Section] = []
        var withoutText: [Int] = []
        for (index, line) in lines.enumerated() where line.contains(where: { !$0.isWhitespace }) {
            guard let record = try? decoder.decode(Record.self, from: Data(line.utf8)), record.id != "" else {
                throw .notARecord(line: index + 1)
            }
            let heading = (record.heading ?? record.title ?? "").oneLine
            let blocks = record.text.split(separator: "\n\n").map(\.trimmed).filter { !$0.isEmpty }
            if blocks.isEmpty {
                withoutText.append(index + 1)
            } else {
                sections.append(Section(id: record.id, headings: heading.isEmpty ? [] : [heading], blocks: blocks))
            }
        }
        return (sections, withoutText)
    }
}

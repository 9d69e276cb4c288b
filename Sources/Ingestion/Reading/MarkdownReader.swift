/// Reads Markdown: headings of both forms, paragraphs, list items and fenced code, which may hold what looks like any
/// of them (<https://spec.commonmark.org/0.31.2/>).
enum MarkdownReader {
    static func sections(_ lines: [String]) -> [Section] {
        var builder = SectionBuilder()
        var block: [String] = []
        var fence: (mark: Character, length: Int)?
        func end(_ builder: inout SectionBuilder, _ block: inout [String]) {
            builder.block(block.joined(separator: "\n"))
            block = []
        }
        for line in body(lines) {
            if let open = fence {
                block.append(line)
                if let mark = Self.fence(line), mark.mark == open.mark, mark.length >= open.length { fence = nil }
                continue
            }
            if let mark = Self.fence(line) {
                fence = mark
                block.append(line)
            } else if let (level, text) = heading(line) {
                end(&builder, &block)
                builder.heading(text, level: level)
            } else if let level = underline(line), block.count == 1 {
                builder.heading(block[0], level: level)
                block = []
            } else if line.allSatisfy(\.isWhitespace) {
                end(&builder, &block)
            } else {
                if isItem(line) { end(&builder, &block) }
                block.append(line)
            }
        }
        end(&builder, &block)
        return builder.sections
    }

    /// The lines without the settings that some programs keep at the start, between two lines of `---`.
    private static func body(_ lines: [String]) -> ArraySlice<String> {
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else { return lines[...] }
        return lines[(end + 1)...]
    }

    private static func heading(_ line: String) -> (level: Int, text: String)? {
        let marks = line.prefix { $0 == "#" }
        let rest = line.dropFirst(marks.count)
        guard (1...6).contains(marks.count), rest.first?.isWhitespace ?? true else { return nil }
        let text = rest.trimmed
        // Closing marks belong to the heading where a space stands before them.
        let bare = text.reversed().drop { $0 == "#" }
        guard bare.count < text.count, bare.first?.isWhitespace ?? true else { return (marks.count, text) }
        return (marks.count, String(bare.reversed()).trimmed)
    }

    private static func underline(_ line: String) -> Int? {
        let text = line.trimmed
        guard let mark = text.first, text.allSatisfy({ $0 == mark }) else { return nil }
        return mark == "=" ? 1 : mark == "-" ? 2 : nil
    }

    private static func fence(_ line: String) -> (mark: Character, length: Int)? {
        let text = line.drop { $0 == " " }
        guard line.count - text.count <= 3, let mark = text.first, mark == "`" || mark == "~" else { return nil }
        let length = text.prefix { $0 == mark }.count
        guard length >= 3, mark == "~" || !text.dropFirst(length).contains("`") else { return nil }
        return (mark, length)
    }

    private static func isItem(_ line: String) -> Bool {
        line.wholeMatch(of: /\s*([-*+]|\d{1,9}[.)])\s.*/) != nil
    }
}

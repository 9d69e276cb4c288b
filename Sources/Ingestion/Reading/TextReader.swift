/// Reads plain text: paragraphs, and the headings of statutes and reports.
///
/// A line without a small letter is a heading, such as `CHAPTER IV`, and so is the name of a numbered provision up to its
/// dash: `34. Jurisdiction of District Commission.—(1) Subject to ...`
enum TextReader {
    private static let headingLengthMax = 120

    static func sections(_ lines: [String]) -> [Section] {
        var builder = SectionBuilder()
        var block: [String] = []
        var capitals: [String] = []
        /// A heading under which nothing stands yet.
        var bare: [String] = []
        for line in lines + [""] {
            if isCapitals(line) {
                builder.block(block.joined(separator: "\n"))
                block = []
                capitals.append(line.trimmed)
                continue
            }
            if !capitals.isEmpty {
                let heading = capitals.joined(separator: " ")
                if heading.count <= headingLengthMax {
                    builder.heading(heading, level: 1)
                    bare = capitals
                } else {
                    builder.block(capitals.joined(separator: "\n"))
                }
                capitals = []
            }
            if line.allSatisfy(\.isWhitespace) {
                builder.block(block.joined(separator: "\n"))
                block = []
                continue
            }
            if let provision = provision(line) {
                builder.block(block.joined(separator: "\n"))
                block = []
                builder.heading(provision, level: 2)
            }
            block.append(line)
            bare = []
        }
        // Nothing follows, so that it was text after all, such as a warning in capitals.
        builder.block(bare.joined(separator: "\n"))
        return builder.sections
    }

    private static func isCapitals(_ line: String) -> Bool {
        line.count <= headingLengthMax && line.count(where: \.isUppercase) >= 2 && !line.contains(where: \.isLowercase)
    }

    private static func provision(_ line: String) -> String? {
        guard let match = line.prefixMatch(of: /(\d{1,4}[A-Z]{0,2}\. [^—]+?)\.?\s*—/),
            match.1.count <= headingLengthMax
        else { return nil }
        return String(match.1)
    }
}

/// Help as the parser makes it, with a usage that is no wider than the rest.
enum HelpText {
    private static let usage = "USAGE: "

    /// Breaks a long line of usage between options.
    static func wrapped(_ text: String, width: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(usage) && line.count > width ? wrapped(usage: line, width) : String(line)
        }.joined(separator: "\n")
    }

    private static func wrapped(usage line: Substring, _ width: Int) -> String {
        var lines: [String] = []
        var current = ""
        for part in parts(line.dropFirst(usage.count)) {
            if !current.isEmpty, usage.count + current.count + 1 + part.count > width {
                lines.append(current)
                current = ""
            }
            current += (current.isEmpty ? "" : " ") + part
        }
        lines.append(current)
        return usage + lines.joined(separator: "\n" + String(repeating: " ", count: usage.count))
    }

    /// The words, with what stands in brackets as one, and an option with its value.
    private static func parts(_ text: Substring) -> [String] {
        var parts: [String] = []
        for word in text.split(separator: " ") {
            let isWithin = parts.last.map { last in
                last.count { $0 == "[" } > last.count { $0 == "]" } || last.hasPrefix("--") && word.hasPrefix("<")
            }
            if isWithin == true {
                parts[parts.count - 1] += " \(word)"
            } else {
                parts.append(String(word))
            }
        }
        return parts
    }
}

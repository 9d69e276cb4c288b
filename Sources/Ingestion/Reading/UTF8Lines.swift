import FoundationEssentials

/// The lines of a file without line ends and byte order mark.
enum UTF8Lines {
    /// Reads a file's bytes as lines.
    ///
    /// - Throws: ``SkipReason/notUTF8(line:)``.
    static func of(_ bytes: Data) throws(SkipReason) -> [String] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var lines: [String] = []
        for line in (bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes)
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        {
            // A NUL is text to UTF-8, but no text has one: it is UTF-16, or no text at all.
            guard !line.contains(0),
                let text = String(validating: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            else { throw .notUTF8(line: lines.count + 1) }
            lines.append(text)
        }
        return lines
    }
}

extension SkipReason: Error {}

import FoundationEssentials
package import FunctionKit

/// A folder of notes that answers may rest on, one passage a file.
///
/// A note is a file `*.md` in UTF-8. Its first line is `# Heading`, the rest its text; its id is the file's name
/// without `.md`. Subfolders and hidden files are left alone.
///
///     # Defective goods
///
///     A good with a fault may be returned. ...
package enum KnowledgeFolder {
    /// Reads all notes, ordered by file name.
    ///
    /// Blocks while it reads: load at start.
    ///
    /// - Throws: ``KnowledgeError`` with the first file that is no note: an index with a hole would answer worse
    ///   without telling anyone.
    package static func load(_ folder: String) throws(KnowledgeError) -> [Passage] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder else {
            throw .folderMissing(folder: folder)
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(file: folder)
        }
        var passages: [Passage] = []
        var headings: [String: String] = [:]
        for name in names.sorted() where name.hasSuffix(".md") && !name.hasPrefix(".") {
            let file = "\(folder)/\(name)"
            guard let passage = try note(file, id: String(name.dropLast(3))) else { continue }
            if let other = headings.updateValue(file, forKey: passage.heading.lowercased()) {
                throw .duplicateHeading(file: file, line: 1, other: other)
            }
            passages.append(passage)
        }
        guard !passages.isEmpty else { throw .noNotes(folder: folder) }
        return passages
    }

    /// Reads one note; nil for a subfolder.
    private static func note(_ file: String, id: String) throws(KnowledgeError) -> Passage? {
        var isFolder = false
        // Follows links, so that a link to itself is a file that does not exist.
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
            throw .unreadable(file: file)
        }
        guard !isFolder else { return nil }
        guard let bytes = FileManager.default.contents(atPath: file) else { throw .unreadable(file: file) }
        let lines = try lines(bytes, file: file)
        guard let first = lines.first, first.hasPrefix("# ") else { throw .noHeading(file: file, line: 1) }
        let heading = first.dropFirst(2).trimmingWhitespace()
        guard !heading.isEmpty else { throw .noHeading(file: file, line: 1) }
        let text = lines.dropFirst().joined(separator: "\n").trimmingWhitespace()
        guard !text.isEmpty else { throw .emptyText(file: file, line: 2) }
        return Passage(id: id, heading: heading, text: text, score: 0)
    }

    /// The lines of a file without line ends and byte order mark.
    private static func lines(_ bytes: Data, file: String) throws(KnowledgeError) -> [String] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes
        var lines: [String] = []
        for line in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            guard let text = String(validating: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            else { throw .notUTF8(file: file, line: lines.count + 1) }
            lines.append(text)
        }
        return lines
    }
}

extension StringProtocol {
    fileprivate func trimmingWhitespace() -> String {
        let start = drop(while: \.isWhitespace)
        return String(start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)])
    }
}

/// Why a folder's notes cannot be loaded.
///
/// Lines count from 1.
package enum KnowledgeError: Error, Hashable {
    /// There is no such folder.
    case folderMissing(folder: String)
    /// The folder holds no `*.md` file.
    case noNotes(folder: String)
    /// The file or folder cannot be read, or is a link that leads nowhere.
    case unreadable(file: String)
    /// The first line is not `# Heading`.
    case noHeading(file: String, line: Int)
    /// Nothing follows the heading.
    case emptyText(file: String, line: Int)
    /// The line is not UTF-8.
    case notUTF8(file: String, line: Int)
    /// Another note has this heading, so that a reader could not tell their citations apart.
    case duplicateHeading(file: String, line: Int, other: String)
}

extension KnowledgeError: CustomStringConvertible {
    /// One sentence for a person: where, what and what to do next.
    package var description: String {
        switch self {
        case .folderMissing(let folder): "\(folder): there is no such folder; name the folder that holds the notes"
        case .noNotes(let folder): "\(folder): the folder holds no note; add a file that ends in .md"
        case .unreadable(let file): "\(file): it cannot be read; check its permissions, or where the link leads"
        case .noHeading(let file, let line): "\(file):\(line): the first line is no heading; begin it with \"# \""
        case .emptyText(let file, let line): "\(file):\(line): the note has no text; write it below the heading"
        case .notUTF8(let file, let line): "\(file):\(line): the line is not valid UTF-8; save the file as UTF-8"
        case .duplicateHeading(let file, let line, let other):
            "\(file):\(line): \(other) has the same heading; give each note its own"
        }
    }
}

/// Why a file, or some of its records, was left out.
package enum SkipReason: Sendable, Hashable {
    /// It is of a kind that is not read.
    case unknownKind
    /// It cannot be opened, or is a link that leads nowhere.
    case unreadable
    /// The link leads back to a folder that it lies in, or to one that is read already.
    case linkLoop
    /// The folder holds no file.
    case emptyFolder
    /// It is larger than is read.
    case tooLarge
    /// It holds no text.
    case noText
    /// The line is not UTF-8; HTML may be in another encoding that it names.
    case notUTF8(line: Int)
    /// The line is not a JSON object with a `text`.
    case notARecord(line: Int)
    /// So many of its records have a `text` that is empty, the first of them in the line; the others are taken.
    case recordsWithoutText(count: Int, line: Int)
    /// It is damaged or encrypted, or no PDF.
    case unreadablePDF
    /// `pdftotext` is not there.
    case noPDFReader
    /// `pdftotext` did not end.
    case slowPDF
}

extension SkipReason: CustomStringConvertible {
    /// What is wrong, and what to do.
    package var description: String {
        switch self {
        case .unknownKind: "not a kind that is read; write Markdown, text, JSONL, HTML or PDF"
        case .unreadable: "it cannot be read; check its permissions, or where the link leads"
        case .linkLoop: "the link leads to a folder that is read already"
        case .emptyFolder: "the folder holds no file"
        case .tooLarge: "it is larger than 64 MB; cut it to pieces"
        case .noText: "it holds no text; a scanned PDF needs its text recognised first"
        case .notUTF8(let line): "line \(line) is not valid UTF-8; save the file as UTF-8"
        case .notARecord(let line): "line \(line) is no JSON object with a text in `text`"
        case .recordsWithoutText(1, let line): "the record in line \(line) has no text; write one, or remove the line"
        case .recordsWithoutText(let count, let line):
            "\(count) records have no text, the first in line \(line); write one, or remove the lines"
        case .unreadablePDF: "it is damaged, encrypted or no PDF"
        case .noPDFReader: "pdftotext is missing; install the package poppler-utils"
        case .slowPDF: "pdftotext did not end within a minute"
        }
    }
}

/// A file that was left out, or not taken whole.
package struct SkippedFile: Sendable, Hashable {
    /// Its path, as it was reached.
    package let path: String
    /// Why.
    package let reason: SkipReason

    /// Whether its text was wanted, so that what an earlier run wrote of it must not be taken for stale.
    package var isLoss: Bool {
        switch reason {
        case .unknownKind, .emptyFolder, .linkLoop: false
        default: true
        }
    }
}

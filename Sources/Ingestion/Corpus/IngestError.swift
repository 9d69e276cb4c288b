/// Why nothing was ingested, or not all.
package enum IngestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A path leads nowhere.
    case noSuchPath(String)
    /// More files than one run takes.
    case tooManyFiles(Int)
    /// None of the files gave a text.
    case nothingToIngest
    /// Two passages have one id and different texts.
    case idTwice(String, file: String, other: String)
    /// What is no longer in the files cannot be told from what could not be read.
    case pruneWithLosses(Int)

    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .noSuchPath(let path): "\(path): there is no such file or folder; correct the path"
        case .tooManyFiles(let most): "there are more than \(most) files; name a folder with fewer"
        case .nothingToIngest: "there is no text to ingest; name Markdown, text, JSONL, HTML or PDF files"
        case .idTwice(let id, let file, let other):
            "\(file): \(other) has another text with the id `\(id)`; give each its own"
        case .pruneWithLosses(let count):
            "\(count) \(count == 1 ? "file" : "files") could not be read, and their passages would be pruned;"
                + " mend or remove them, or leave out --prune"
        }
    }
}

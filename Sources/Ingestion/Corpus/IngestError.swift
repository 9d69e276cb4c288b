/// Why nothing was ingested, or not all.
package enum IngestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A path leads nowhere.
    case noSuchPath(String)
    /// More files than one run takes.
    case tooManyFiles(Int)
    /// None of the files gave a text; these were left out.
    case nothingToIngest([SkippedFile])
    /// Two passages have one id and different texts.
    case idTwice(String, file: String, other: String)
    /// What is no longer in the files cannot be told from what could not be read.
    case pruneWithLosses([SkippedFile])

    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .noSuchPath(let path): "\(path): there is no such file or folder; correct the path"
        case .tooManyFiles(let most): "there are more than \(most) files; name a folder with fewer"
        case .nothingToIngest(let skipped):
            "there is no text to ingest\(Self.list(skipped)); name Markdown, text, JSONL, HTML or PDF files"
        case .idTwice(let id, let file, let other):
            "\(file): \(other) has another text with the id `\(id)`; give each its own"
        case .pruneWithLosses(let lost):
            "\(lost.count) \(lost.count == 1 ? "file" : "files") could not be read\(Self.list(lost)), and their passages"
                + " would be pruned; mend or remove them, or leave out --prune"
        }
    }

    /// The first of some files, for one line of text.
    private static func list(_ files: [SkippedFile]) -> String {
        let shown = files.prefix(3).map { "\($0.path): \($0.reason)" }
        let rest = files.count - shown.count
        return files.isEmpty ? "" : " (\((shown + (rest > 0 ? ["\(rest) more"] : [])).joined(separator: "; ")))"
    }
}

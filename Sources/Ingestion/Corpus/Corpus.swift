import FoundationEssentials

/// All passages of some files, and what was left out.
package struct Corpus: Sendable {
    /// The largest file that is read.
    private static let fileBytesMax = 64 << 20

    /// The passages in the order of the files; no two have one id.
    package private(set) var chunks: [Chunk] = []
    /// How many files gave passages.
    package private(set) var filesRead = 0
    /// What was left out, and why.
    package private(set) var skipped: [SkippedFile] = []
    /// How many passages another file, or another place of the same, has word for word.
    package private(set) var repetitions = 0

    /// Reads files and folders; a file is taken whole or not at all, but for records that hold no text.
    ///
    /// Blocks while it reads, but for PDF.
    ///
    /// - Throws: ``IngestError`` or `CancellationError`.
    package init(paths: [String]) async throws {
        let finder = try FileFinder(paths)
        skipped = finder.skipped
        var known: [String: Chunk] = [:]
        for (path, kind) in finder.files {
            try Task.checkCancellation()
            let sections: [Section]
            let withoutText: [Int]
            do throws(SkipReason) {
                (sections, withoutText) = try await Self.read(path, kind)
            } catch {
                skipped.append(SkippedFile(path: path, reason: error))
                continue
            }
            let chunks = Self.chunks(of: sections, path: path)
            guard !chunks.isEmpty else {
                skipped.append(SkippedFile(path: path, reason: .noText))
                continue
            }
            filesRead += 1
            if let line = withoutText.first {
                skipped.append(
                    SkippedFile(path: path, reason: .recordsWithoutText(count: withoutText.count, line: line)))
            }
            for chunk in chunks { try add(chunk, &known) }
        }
    }

    private mutating func add(_ chunk: Chunk, _ known: inout [String: Chunk]) throws(IngestError) {
        guard let other = known[chunk.id] else {
            known[chunk.id] = chunk
            chunks.append(chunk)
            return
        }
        guard other.digest == chunk.digest else {
            throw .idTwice(chunk.id, file: chunk.source, other: other.source)
        }
        repetitions += 1
    }

    private static func read(
        _ path: String, _ kind: DocumentKind
    ) async throws(SkipReason) -> (sections: [Section], withoutText: [Int]) {
        // Not those of a link.
        let real = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: real) else { throw .unreadable }
        if let size = attributes[.size] as? Int, size > fileBytesMax { throw .tooLarge }
        guard let bytes = FileManager.default.contents(atPath: path) else { throw .unreadable }
        switch kind {
        case .markdown: return (MarkdownReader.sections(try UTF8Lines.of(bytes)), [])
        case .text: return (TextReader.sections(try UTF8Lines.of(bytes)), [])
        case .records: return try RecordReader.read(try UTF8Lines.of(bytes))
        case .html: return (try HTMLReader.sections(bytes), [])
        case .pdf: return (try await PDFReader.sections(path), [])
        }
    }

    private static func chunks(of sections: [Section], path: String) -> [Chunk] {
        let source = String(path.split(separator: "/").last ?? "")
        return sections.flatMap { section in
            let heading = section.headings.isEmpty ? Chunk.stem(source) : section.headings.joined(separator: " > ")
            return Chunker().texts(of: section.blocks).enumerated().map { index, text in
                // The parts of a long record are told apart by a number.
                let id = section.id.map { index == 0 ? $0 : "\($0)#\(index + 1)" }
                return Chunk(id: id, heading: heading, text: text, source: source)
            }
        }
    }
}

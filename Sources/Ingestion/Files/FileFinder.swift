import FoundationEssentials

/// Finds the files below some paths, in one order on every machine.
///
/// Hidden files and folders are left alone. Links are followed, each folder once.
struct FileFinder {
    /// The most files of one run: more is a slip of the path.
    private static let filesMax = 100_000

    private(set) var files: [(path: String, kind: DocumentKind)] = []
    private(set) var skipped: [SkippedFile] = []
    private var foldersSeen: Set<String> = []
    private var filesSeen: Set<String> = []

    /// Looks through the paths.
    ///
    /// - Throws: ``IngestError/noSuchPath(_:)`` or ``IngestError/tooManyFiles``.
    init(_ paths: [String]) throws(IngestError) {
        for path in paths {
            guard FileManager.default.fileExists(atPath: path) else { throw .noSuchPath(path) }
            try add(path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
        }
    }

    private mutating func add(_ path: String) throws(IngestError) {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return skip(path, .unreadable)
        }
        let real = URL(filePath: path).resolvingSymlinksInPath().path
        guard isFolder else {
            guard let kind = DocumentKind(path: path) else { return skip(path, .unknownKind) }
            // The same file by two ways is one.
            if filesSeen.insert(real).inserted { files.append((path, kind)) }
            guard files.count <= Self.filesMax else { throw .tooManyFiles(Self.filesMax) }
            return
        }
        guard foldersSeen.insert(real).inserted else { return skip(path, .linkLoop) }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            return skip(path, .unreadable)
        }
        let visible = names.filter { !$0.hasPrefix(".") }.sorted()
        if visible.isEmpty { skip(path, .emptyFolder) }
        for name in visible { try add("\(path)/\(name)") }
    }

    private mutating func skip(_ path: String, _ reason: SkipReason) {
        skipped.append(SkippedFile(path: path, reason: reason))
    }
}

import Foundation

/// A folder of files that is removed with its owner.
final class TextFolder: Sendable {
    let path: String

    init(_ files: [String: String]) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        path = folder.path()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
    }

    /// Reads a folder of these files.
    static func read<Value>(_ files: [String: String], with body: (String) throws -> Value) throws -> Value {
        let folder = try TextFolder(files)
        return try withExtendedLifetime(folder) { try body(folder.path) }
    }

    deinit {
        // What remains of a test is the system's to clear.
        try? FileManager.default.removeItem(atPath: path)
    }
}

import Foundation

/// The data beside the project that some tests measure with.
enum SharedData {
    /// The data's folder, from `SLUICE_SHARED_DATA`.
    static let folder: URL? = ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"].flatMap { path in
        path.isEmpty ? nil : URL(filePath: path, directoryHint: .isDirectory)
    }

    /// Whether the folder is there.
    static var isPresent: Bool { folder.map { FileManager.default.fileExists(atPath: $0.path) } ?? false }

    /// Reads a JSON Lines file, such as `pii/india-sentences-dev.jsonl`.
    static func records<T: Decodable>(_ file: String, as type: T.Type) throws -> [T] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        let decoder = JSONDecoder()
        return try Data(contentsOf: folder.appending(path: file)).split(separator: UInt8(ascii: "\n")).map {
            try decoder.decode(type, from: $0)
        }
    }
}

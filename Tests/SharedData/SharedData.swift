package import Foundation

/// The data that tests share, which lies outside the repository.
package enum SharedData {
    /// Its folder; nil where the environment variable SLUICE_SHARED_DATA is not set.
    package static let folder: URL? = ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"].map {
        URL(fileURLWithPath: $0, isDirectory: true)
    }

    /// Whether there is a folder to read from.
    package static var isPresent: Bool { folder != nil }

    /// The records of a file of JSON Lines, such as `pii/india-sentences-dev.jsonl`.
    package static func records<T: Decodable>(_ file: String, as: T.Type) throws -> [T] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        let decoder = JSONDecoder()
        return try Data(contentsOf: folder.appendingPathComponent(file)).split(separator: UInt8(ascii: "\n"))
            .map { try decoder.decode(T.self, from: $0) }
    }
}

import Foundation
import TestSupport

/// A file that goes away with its owner.
final class TemporaryFile: Sendable {
    private let folder: TemporaryFolder
    let path: String

    init(_ data: Data) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/file.json"
        try data.write(to: URL(filePath: path))
    }
}

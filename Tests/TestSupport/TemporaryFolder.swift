package import Foundation

/// A folder that goes away with its owner.
package final class TemporaryFolder: Sendable {
    /// Where it is.
    package let url: URL

    /// The same as a path.
    package var path: String { url.path }

    /// Makes a new, empty folder.
    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString)")
        // Whatever the umask is that another test has set for a moment.
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    /// What is left in the temporary folder harms nobody.
    deinit { try? FileManager.default.removeItem(at: url) }
}

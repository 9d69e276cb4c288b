import Foundation
import TestSupport

/// A file system of a few megabytes in memory, which the server may write to.
package struct SmallDisk: Sendable {
    /// Where it is mounted.
    package let folder: String

    /// Mounts it; needs root, or `sudo` without a password.
    package init(mebibytes: Int) async throws {
        folder = "/tmp/sluice-disk-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let user = geteuid() == 0 ? "postgres" : "\(geteuid())"
        try await Self.asRoot([
            "mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700,uid=\(user)", "tmpfs", folder,
        ])
    }

    /// Makes it larger.
    package func grow(mebibytes: Int) async throws {
        try await Self.asRoot(["mount", "-o", "remount,size=\(mebibytes)m", folder])
    }

    /// Unmounts and removes it.
    package func remove() async throws {
        try await Self.asRoot(["umount", folder])
        try FileManager.default.removeItem(atPath: folder)
    }

    private static func asRoot(_ command: [String]) async throws {
        try await ChildProcess.run(geteuid() == 0 ? command : ["sudo", "-n"] + command)
    }
}

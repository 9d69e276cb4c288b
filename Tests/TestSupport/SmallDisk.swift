import Foundation

/// A file system of a few megabytes in memory, for tests of full disks.
package struct SmallDisk: Sendable {
    /// Where it is mounted.
    package let folder: String

    /// Mounts it; needs root, or `sudo` without a password.
    ///
    /// - Parameters:
    ///   - mebibytes: Its size.
    ///   - user: Whose it is where root makes it, otherwise it is this process's own.
    /// - Throws: Where it cannot be mounted.
    package init(mebibytes: Int, user: String = "root") async throws {
        folder = "/tmp/sluice-disk-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let user = geteuid() == 0 ? user : "\(geteuid())"
        try await Self.asRoot([
            "mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700,uid=\(user)", "tmpfs", folder,
        ])
    }

    /// Leaves no room on it.
    package func fill() async throws {
        try await ChildProcess.run(["bash", "-c", "! cat /dev/zero >'\(folder)/filler'"])
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

    fileprivate static func asRoot(_ command: [String]) async throws {
        try await ChildProcess.run(geteuid() == 0 ? command : ["sudo", "-n"] + command)
    }
}

/// A file that nobody can write, not even root, though its folder can be written.
package struct ReadOnlyFile: Sendable {
    private let path: String

    /// Puts a read-only mount of a file over it; needs root, or `sudo` without a password.
    package init(_ path: String) async throws {
        self.path = path
        try await SmallDisk.asRoot(["mount", "--bind", path, path])
        try await SmallDisk.asRoot(["mount", "-o", "remount,bind,ro", path])
    }

    /// Takes it away.
    package func remove() async throws { try await SmallDisk.asRoot(["umount", path]) }
}

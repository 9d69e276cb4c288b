import FoundationEssentials
import Glibc

/// The folder of a store: this user's, and nobody else can look into it.
///
/// What is made gets the modes 0700 and 0600 whatever the umask says; what earlier versions made wider is narrowed. A
/// link, another user's folder or file, and a folder that another user could move away are refused: who can swap them
/// could begin every limit anew. So `root` does not use another's folder either, where it would leave files that their
/// owner cannot write. A folder that others share, such as `/tmp`, is refused as well, and no folder is narrowed that holds
/// anything else: it may be there for others.
final class DataFolder: Sendable {
    /// From the root, so that it stays the same when the process or its folder moves.
    let path: String
    /// One line for a person, where something was narrowed.
    let notice: String?

    /// Holds the folder, so that its number is not given to another one.
    private let descriptor: Descriptor
    private let identity: FileIdentity

    /// All that may lie in it.
    static let files = ["sluice.sqlite", "sluice.sqlite-wal", "sluice.sqlite-shm", "start.lock", "head"]
    /// The same, with what earlier versions and the database itself leave.
    private static let entries = Set(files + ["sluice.sqlite-journal", "owners"])

    /// Looks at what the folder is and holds.
    ///
    /// - Parameters:
    ///   - name: As it was given: the last part is no link.
    ///   - isMade: Whether it is made where it is missing.
    ///   - isNarrowed: Whether it is closed to others where it is open to them; who only reads changes nothing.
    /// - Throws: ``SQLiteStoreError/notOurs(path:what:)``, ``SQLiteStoreError/shared(path:what:)``,
    ///   ``SQLiteStoreError/absent(file:)`` where it is missing and not made, or ``SQLiteStoreError/cannotOpen(file:reason:)``
    ///   where it cannot be made or read.
    init(_ name: String, isMade: Bool = true, isNarrowed: Bool = true) throws(SQLiteStoreError) {
        path = try Self.absolute(name)
        guard path != "/" else { throw .shared(path: name, what: "is the whole system's") }
        if isMade {
            try Self.make(path)
        } else if FileIdentity.status(path) == nil, errno == ENOENT || errno == ENOTDIR {
            throw .absent(file: "\(name)/\(Self.files[0])")
        }
        try Self.checkWay(to: path, name: name)
        let opened = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else {
            let number = errno
            guard let status = FileIdentity.status(path), !status.isFolder else {
                throw .cannotOpen(file: name, reason: systemReason(number))
            }
            throw .notOurs(path: name, what: status.isLink ? "is a link" : "is no folder")
        }
        descriptor = Descriptor(opened)
        var status = stat()
        _ = unsafe fstat(opened, &status)
        identity = FileIdentity(status)
        try Self.checkOwner(status, name)
        // What has a file's name where there is no store is somebody's own.
        let isStore = FileIdentity.status("\(path)/\(Self.files[0])") != nil
        var widened: [(file: String, mode: mode_t)] = []
        for file in Self.files {
            guard let status = try Self.look(at: "\(path)/\(file)", name: "\(name)/\(file)"), isStore,
                status.isOpenToOthers
            else { continue }
            widened.append((file, status.st_mode & 0o700))
        }
        let isAlone = try Self.checkIsAlone(status, path, name)
        guard isNarrowed, status.isOpenToOthers || !widened.isEmpty else {
            notice = nil
            return
        }
        var isClosed = true
        if isAlone, status.isOpenToOthers { isClosed = fchmod(opened, status.st_mode & 0o700) == 0 }
        // By path for the files: closing one would drop the locks that this process has on it.
        for (file, mode) in widened where unsafe chmod("\(path)/\(file)", mode) != 0 { isClosed = false }
        notice =
            switch (isAlone, isClosed) {
            case (true, true): "\(name) was open to other users; from now on it is this user's alone"
            case (false, true):
                "\(name) is open to other users and stays so, since sluice did not make it; its files are not"
            case (_, false): "\(name) is open to other users, and its disk does not let that be changed"
            }
    }

    /// Refuses a folder that is there for others as well.
    ///
    /// - Returns: Whether a store, or nothing yet, is all that it holds, so that nobody else misses it.
    private static func checkIsAlone(
        _ status: stat, _ path: String, _ name: String
    ) throws(SQLiteStoreError) -> Bool {
        guard status.isOpenToOthers else { return true }
        let found = try? FileManager.default.contentsOfDirectory(atPath: path)
        let isAlone = found?.allSatisfy { entries.contains($0) } ?? false
        let isStore = isAlone && found?.contains(files[0]) ?? false
        // What `mkdir` makes where a user has a group of one.
        let isOwnGroup = found?.isEmpty ?? false && !status.isWrittenByAll && status.st_gid == getegid()
        guard !status.isSticky, !status.isWrittenByOthers || isStore || isOwnGroup else {
            throw .shared(path: name, what: "is shared with other users")
        }
        let trusted = trustedUsers
        for entry in found ?? [] where !entries.contains(entry) {
            if let owner = FileIdentity.status("\(path)/\(entry)")?.st_uid, !trusted.contains(owner) {
                throw .shared(path: name, what: "holds what belongs to user \(owner)")
            }
        }
        // One right below the root is the system's, such as `/srv`, even where it is empty.
        return isAlone && (isStore || parent(of: path) != "/")
    }

    /// Lets go of it.
    func close() { descriptor.close() }

    /// Whether its path still leads to it.
    var isInPlace: Bool { FileIdentity(path: path) == identity }

    /// Makes an empty file where there is none, for this user alone.
    ///
    /// - Throws: ``SQLiteStoreError/cannotOpen(file:reason:)``.
    func makeFile(_ name: String) throws(SQLiteStoreError) {
        let file = "\(path)/\(name)"
        // One that is there is not opened: closing it would drop the locks that this process has on it.
        let made = unsafe Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard made >= 0 else {
            if errno == EEXIST { return }
            throw .cannotOpen(file: file, reason: systemReason(errno))
        }
        // The umask may have taken the owner's own rights away.
        _ = fchmod(made, 0o600)
        _ = Glibc.close(made)
    }

    private static func absolute(_ name: String) throws(SQLiteStoreError) -> String {
        guard !name.isEmpty else { throw .cannotOpen(file: name, reason: "it has no name") }
        let full = name.hasPrefix("/") ? name : FileManager.default.currentDirectoryPath + "/" + name
        // A slash at the end would follow a link.
        var parts: [Substring] = []
        for part in full.split(separator: "/") where part != "." { parts.append(part) }
        return "/" + parts.joined(separator: "/")
    }

    /// Makes the folder, and those above it that are missing, for this user alone.
    private static func make(_ path: String) throws(SQLiteStoreError) {
        var missing: [String] = []
        var folder = path
        while folder != "/", FileIdentity.status(folder) == nil, errno == ENOENT {
            missing.append(folder)
            folder = parent(of: folder)
        }
        for folder in missing.reversed() {
            if unsafe mkdir(folder, 0o700) == 0 {
                _ = unsafe chmod(folder, 0o700)
            } else if errno != EEXIST {
                throw .cannotOpen(file: path, reason: systemReason(errno))
            }
        }
    }

    /// Refuses a folder that another user could replace: one of those above it is theirs, or is reached by their link.
    private static func checkWay(to path: String, name: String) throws(SQLiteStoreError) {
        let above = parent(of: path)
        let trusted = trustedUsers
        var ways = [above]
        if let resolved = unsafe realpath(above, nil) {
            unsafe ways.append(String(cString: resolved))
            unsafe free(resolved)
        }
        for way in ways {
            var folder = way
            while folder != "/" {
                if let status = FileIdentity.status(folder), !trusted.contains(status.st_uid) {
                    throw .notOurs(path: name, what: "lies in \(folder), which belongs to user \(status.st_uid)")
                }
                folder = parent(of: folder)
            }
        }
    }

    /// This user, and those who can do as they like anyway.
    private static var trustedUsers: [uid_t] { [geteuid(), 0] + (hasUnmappedUsers ? [unmappedUser] : []) }

    /// Whom the files of users without a number here seem to belong to, and else the user `nobody`.
    private static let unmappedUser: uid_t = 65_534

    /// Whether this is a container without rights of its own, which shows root's folders as ``unmappedUser``'s:
    /// <https://man7.org/linux/man-pages/man7/user_namespaces.7.html>.
    private static var hasUnmappedUsers: Bool {
        // Lines of a first number here, one outside, and how many follow.
        guard let file = unsafe fopen("/proc/self/uid_map", "r") else { return true }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return !String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").contains { line in
            let numbers = line.split(separator: " ").compactMap { UInt64($0) }
            return numbers.count == 3 && (numbers[0]..<numbers[0] + numbers[2]).contains(UInt64(unmappedUser))
        }
    }

    private static func checkOwner(_ status: stat, _ name: String) throws(SQLiteStoreError) {
        guard status.st_uid == geteuid() else {
            throw .notOurs(path: name, what: "belongs to user \(status.st_uid)")
        }
    }

    /// Looks at a file that may be there.
    private static func look(at file: String, name: String) throws(SQLiteStoreError) -> stat? {
        guard let status = FileIdentity.status(file) else { return nil }
        if status.isLink { throw .notOurs(path: name, what: "is a link") }
        if !status.isPlainFile { throw .notOurs(path: name, what: "is no file") }
        // By its second name in another folder it would be a second ledger, with locks and a log of its own.
        if status.st_nlink > 1 { throw .linked(file: name) }
        try checkOwner(status, name)
        return status
    }

    private static func parent(of path: String) -> String {
        let parent = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        return parent.isEmpty ? "/" : String(parent)
    }
}

import Glibc

/// Which file it is, whatever it is called: device and number.
struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let number: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// What is at a path, itself and not what it links to; nil where nothing is.
    init?(path: String) {
        guard let status = Self.status(path) else { return nil }
        self.init(status)
    }

    /// What the system knows of what is at a path, of a link itself; nil where nothing is.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
    var isPlainFile: Bool { st_mode & S_IFMT == S_IFREG }
    /// What others than the owner may do.
    var isOpenToOthers: Bool { st_mode & 0o077 != 0 }
    var isWrittenByOthers: Bool { st_mode & 0o022 != 0 }
    /// By everybody, or by a group that hands itself on to all that is made in it.
    var isWrittenByAll: Bool { st_mode & 0o2002 != 0 }
    /// Whether nobody may remove another's files in it, which is the mark of a folder for all.
    var isSticky: Bool { st_mode & 0o1000 != 0 }
}

import Glibc
import Synchronization

/// A database file that stores of this process have open, and the locks on it by which processes see each other.
///
/// The locks lie on the file itself, far behind its end, so that nothing can be removed from under them: they belong to one
/// opening of the file (<https://man7.org/linux/man-pages/man2/F_OFD_SETLK.2const.html>), and the kernel drops them when the
/// process ends, however it ends.
package final class OpenFile: Sendable {
    /// Where the locks that SQLite holds as long as it has a file in WAL mode open lie:
    /// <https://www.sqlite.org/src/file/src/os_unix.c>, `SHARED_FIRST` and `SHARED_SIZE`.
    private static let sqliteLocks = (start: Int64(0x4000_0002), length: Int64(510))
    /// `linux/fcntl.h`: Glibc shows these to C programs of GNU's alone.
    private static let getLock: Int32 = 36
    private static let setLock: Int32 = 37

    private struct Opening {
        var descriptor: Int32
        /// The log's index, open for as long as the file and for the same reason.
        var index: Int32?
        var writes = FileWrites()
        var stores = 0
        var owners: Set<String> = []
    }

    /// All files that stores of this process have or had open.
    ///
    /// Closing a file drops all locks that SQLite has on it in this process (<https://www.sqlite.org/howtocorrupt.html>, 2.2), so
    /// that one opening serves all stores of a file and is closed only when SQLite has none.
    private static let openings = Mutex<[FileIdentity: Opening]>([:])

    let identity: FileIdentity

    private let isClosed = Atomic(false)

    /// Opens a file that is there.
    ///
    /// - Parameters:
    ///   - path: From the root.
    ///   - name: As a person calls it.
    /// - Throws: ``SQLiteStoreError/readOnly(file:)`` or ``SQLiteStoreError/cannotOpen(file:reason:)``.
    init(path: String, name: String) throws(SQLiteStoreError) {
        identity = try Self.openings.withLock { openings throws(SQLiteStoreError) in
            Self.closeUnused(&openings)
            if let identity = FileIdentity(path: path), openings[identity] != nil {
                openings[identity]?.stores += 1
                return identity
            }
            let descriptor = unsafe open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else {
                if errno == EACCES || errno == EROFS { throw .readOnly(file: name) }
                throw .cannotOpen(file: name, reason: systemReason(errno))
            }
            var status = stat()
            _ = unsafe fstat(descriptor, &status)
            let identity = FileIdentity(status)
            // Nobody opened it meanwhile, since that takes this lock; whoever replaced it by one of ours loses his wit.
            openings[identity] = Opening(descriptor: descriptor, stores: 1)
            return identity
        }
    }

    deinit { close() }

    /// The store's own connections are closed, or will be with it.
    func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        Self.openings.withLock { openings in
            openings[identity]?.stores -= 1
            Self.closeUnused(&openings)
        }
    }

    /// Opens the log's index, which is there as long as SQLite has the file open.
    ///
    /// - Returns: Whether it could be opened.
    func openIndex(path: String) -> Bool {
        Self.openings.withLock { openings in
            guard let opening = openings[identity] else { return false }
            if opening.index == nil {
                let index = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
                openings[identity]?.index = index >= 0 ? index : nil
            }
            return openings[identity]?.index != nil
        }
    }

    /// Whether nobody but SQLite has written to the file since it was opened.
    var isUntouched: Bool {
        Self.openings.withLock { openings in
            guard let opening = openings[identity], let index = opening.index else { return true }
            return openings[identity]?.writes.look(file: opening.descriptor, index: index) ?? true
        }
    }

    /// Whether no store of this process and no other process has the file open.
    var isAlone: Bool {
        Self.openings.withLock { openings in
            guard let opening = openings[identity] else { return false }
            return opening.stores <= 1 && !Self.isUsedBySQLite(opening.descriptor)
        }
    }

    /// Makes an owner, alive until ``release(_:)``; false where another has its name.
    func claim(_ owner: String) -> Bool {
        Self.openings.withLock { openings in
            guard let opening = openings[identity], !opening.owners.contains(owner),
                Self.lock(opening.descriptor, Self.setLock, F_WRLCK, at: Self.place(of: owner)) != nil
            else { return false }
            openings[identity]?.owners.insert(owner)
            return true
        }
    }

    func release(_ owner: String) {
        Self.openings.withLock { openings in
            guard let opening = openings[identity] else { return }
            openings[identity]?.owners.remove(owner)
            _ = Self.lock(opening.descriptor, Self.setLock, F_UNLCK, at: Self.place(of: owner))
            Self.closeUnused(&openings)
        }
    }

    /// Whether an owner's process still runs.
    package func isAlive(_ owner: String) -> Bool {
        Self.openings.withLock { openings in
            guard let opening = openings[identity] else { return true }
            if opening.owners.contains(owner) { return true }
            // Where nobody can tell, a living owner's work must not be taken.
            return Self.lock(opening.descriptor, Self.getLock, F_WRLCK, at: Self.place(of: owner)) != F_UNLCK
        }
    }

    /// An owner's byte, far behind what a file can hold: FNV-1a, the same in every process.
    private static func place(of owner: String) -> Int64 {
        let hash = owner.utf8.reduce(into: UInt64(0xcbf2_9ce4_8422_2325)) { hash, byte in
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return Int64(hash & 0x3fff_ffff_ffff_ffff | 1 << 60)
    }

    private static func isUsedBySQLite(_ descriptor: Int32) -> Bool {
        // SQLite's locks are of the other kind, with which these conflict in the same process too.
        lock(descriptor, getLock, F_WRLCK, at: sqliteLocks.start, length: sqliteLocks.length) != F_UNLCK
    }

    /// Sets a lock or asks for one; returns what the kernel says of its kind, nil where it refuses.
    private static func lock(
        _ descriptor: Int32, _ command: Int32, _ kind: Int32, at start: Int64, length: Int64 = 1
    ) -> Int32? {
        var lock = flock()
        lock.l_type = Int16(kind)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = Int(start)
        lock.l_len = Int(length)
        return unsafe fcntl(descriptor, command, &lock) == 0 ? Int32(lock.l_type) : nil
    }

    private static func closeUnused(_ openings: inout [FileIdentity: Opening]) {
        for (identity, opening) in openings
        where opening.stores <= 0 && opening.owners.isEmpty && !isUsedBySQLite(opening.descriptor) {
            Glibc.close(opening.descriptor)
            if let index = opening.index { Glibc.close(index) }
            openings[identity] = nil
        }
    }
}

import GRDB
import Synchronization

/// Keeps a store from writing to, or reading from, what is no longer the file that it opened.
///
/// A file that was moved, deleted or replaced can be written for as long as it is open, and nobody would ever see what was: a
/// limit would be spent a second time.
final class CommitGuard: Sendable {
    private let folder: DataFolder
    private let opened: OpenFile
    private let head: StoreHead
    /// The files by their paths; all are open, so that their numbers are not given to others.
    private let files: [(path: String, identity: FileIdentity)]
    /// As it was named.
    private let file: String

    /// Remembers what is open.
    ///
    /// - Throws: ``SQLiteStoreError/displaced(file:what:)`` where the file is already another than the one that was opened.
    init(folder: DataFolder, opened: OpenFile, head: StoreHead, file: String) throws(SQLiteStoreError) {
        self.folder = folder
        self.opened = opened
        self.head = head
        self.file = file
        var files: [(path: String, identity: FileIdentity)] = [("\(folder.path)/sluice.sqlite", opened.identity)]
        for suffix in ["-wal", "-shm"] {
            let path = "\(folder.path)/sluice.sqlite\(suffix)"
            guard let identity = FileIdentity(path: path) else {
                throw .displaced(file: file, what: "has lost its log")
            }
            files.append((path, identity))
        }
        self.files = files
        guard opened.openIndex(path: "\(folder.path)/sluice.sqlite-shm") else {
            throw .displaced(file: file, what: "has lost its log")
        }
        try check()
    }

    /// Lets go of folder and head, once the file is closed.
    func close() {
        folder.close()
        head.close()
    }

    /// Compares paths with what is open, and looks who wrote to it: a few looks at the file system, some microseconds.
    ///
    /// - Throws: ``SQLiteStoreError/displaced(file:what:)``.
    func check() throws(SQLiteStoreError) {
        guard folder.isInPlace else { throw .displaced(file: file, what: "is no longer where it was: its folder") }
        for (path, identity) in files where FileIdentity(path: path) != identity {
            throw .displaced(
                file: file,
                what: path == file ? "is no longer where it was" : "cannot be used: \(path) is no longer where it was")
        }
        guard opened.isUntouched else {
            throw .displaced(file: file, what: "was written over while it was open")
        }
    }

    /// At a transaction's begin, where no other process writes.
    ///
    /// - Throws: ``SQLiteStoreError/displaced(file:what:)``, or an error of the database.
    func begin(_ database: Database) throws -> StoreHead.Place {
        try check()
        do {
            return try head.begin(database)
        } catch is StoreHead.Behind {
            throw SQLiteStoreError.displaced(file: file, what: "was overwritten with an older copy")
        }
    }

    /// At a transaction's end, where it changed something.
    func end(_ database: Database) throws { try StoreHead.advance(database) }

    /// After the commit: what went to a file that was moved meanwhile does not count.
    ///
    /// - Throws: ``SQLiteStoreError/displaced(file:what:)``.
    func committed(_ begun: StoreHead.Place, changed: Bool) throws(SQLiteStoreError) {
        try check()
        if changed { head.note(StoreHead.Place(mark: begun.mark, commits: begun.commits + 1)) }
    }
}

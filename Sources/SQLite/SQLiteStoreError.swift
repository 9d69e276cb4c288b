package import GRDB
import Glibc

/// Why the data file cannot be used; each case names the file.
package enum SQLiteStoreError: Error, Sendable, Hashable {
    /// The folder or file cannot be created, opened or written.
    case cannotOpen(file: String, reason: String)
    /// The file may be read, and not written.
    case readOnly(file: String)
    /// The file is damaged or no SQLite database.
    case damaged(file: String)
    /// Nothing was ever kept there.
    case absent(file: String)
    /// The folder was used before, and its file is gone or empty.
    case lost(file: String)
    /// The folder or a file in it is another user's or a link, or another user could replace it; `what` says so in words
    /// that follow the path.
    case notOurs(path: String, what: String)
    /// The folder is there for others too, so that it is neither used nor changed; `what` says so in words that follow the
    /// path.
    case shared(path: String, what: String)
    /// What lies at the file's path is not what this process has open; `what` says so in words that follow the file.
    case displaced(file: String, what: String)
    /// The file is an older copy: it lacks so many commits that were made in this folder.
    case older(file: String, missing: Int64)
    /// The file was made in another folder than the one it lies in, and another was used here.
    case swapped(file: String)
    /// What the file holds does not fit together.
    case notWhole(file: String, reason: String)
    /// A process of an earlier version, which sees no newer one, has the file open.
    case inUse(file: String)
    /// A newer program wrote the file; this one would misread it.
    case newer(file: String, migration: String)
    /// Another program has kept the file locked for too long.
    case locked(file: String)
    /// The disk is full.
    case full(file: String)
    /// The open file or its log cannot be read; `number` is the system's error number.
    case unreadable(file: String, number: Int32)
    /// The open file or its log cannot be written, for want of no room; `number` is the system's error number.
    case unwritable(file: String, number: Int32)
    /// The file has more than one name, by each of which it would be used as another.
    case linked(file: String)
    /// SQLite reported something else; `code` is its extended result code.
    case failed(file: String, code: Int32)
}

extension SQLiteStoreError {
    /// Sorts an SQLite error by what a person can do about it: <https://www.sqlite.org/rescode.html>.
    package init(_ error: DatabaseError, file: String) { self.init(error, file: file, nil) }

    /// Likewise, with what the system said to the connection; nil where nobody knows.
    init(_ error: DatabaseError, file: String, _ faults: SystemFaults?) {
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            // SQLite calls a file damaged that the disk does not give.
            self = faults?.ofReading.map { .unreadable(file: file, number: $0) } ?? .damaged(file: file)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(file: file)
        case .SQLITE_FULL: self = .full(file: file)
        case .SQLITE_READONLY: self = .readOnly(file: file)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: self = .cannotOpen(file: file, reason: "no access")
        // The shared memory beside the file may be what found no room.
        case .SQLITE_IOERR where Self.isDiskFull(file): self = .full(file: file)
        // So is the log beside it, in which it fails first.
        case .SQLITE_IOERR where Self.isReadOnly(file): self = .readOnly(file: file)
        case .SQLITE_IOERR where Self.ofReading.contains(error.extendedResultCode):
            self = .unreadable(file: file, number: faults?.ofReading ?? EIO)
        case .SQLITE_IOERR: self = .unwritable(file: file, number: faults?.ofWriting ?? EIO)
        default: self = .failed(file: file, code: error.extendedResultCode.rawValue)
        }
    }

    private static let ofReading: [ResultCode] = [
        .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS, .SQLITE_IOERR_MMAP,
    ]

    /// Whether it is about what the system said to a connection.
    static func isOfSystem(_ error: DatabaseError) -> Bool {
        [.SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
    }

    /// Whether no write at all is taken until somebody does something about the disk or its rights.
    var isOfDisk: Bool {
        switch self {
        case .full, .readOnly, .cannotOpen, .damaged, .unreadable, .unwritable: true
        default: false
        }
    }

    private static func isReadOnly(_ file: String) -> Bool {
        unsafe access(file, F_OK) == 0 && access(file, W_OK) != 0
    }

    private static func isDiskFull(_ file: String) -> Bool { hasRoom(for: 1, beside: file) == false }

    /// Whether the disk has so much left, in bytes; nil where it does not say.
    static func hasRoom(for bytes: UInt64, beside file: String) -> Bool? {
        var disk = statvfs()
        guard unsafe statvfs(file, &disk) == 0 else { return nil }
        return UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue >= bytes
    }
}

extension SQLiteStoreError: CustomStringConvertible {
    /// One sentence for a person, with the file and what to do.
    package var description: String {
        switch self {
        case .cannotOpen(let file, let reason): "cannot open \(file): \(reason); name another folder with --data"
        case .readOnly(let file): "\(file) is read-only; let this user write it and its folder"
        case .damaged(let file): "\(file) is damaged or no data file of sluice; restore it from a copy or move it away"
        case .absent(let file):
            "there is no \(file): nothing was ever asked or spent there; name the folder that is meant with --data"
        case .lost(let file):
            "\(file) is gone or empty, and with it what was spent; restore it from a copy, or begin anew with another"
                + " folder"
        case .notOurs(let path, let what):
            "\(path) \(what); name a folder of your own with --data, or run sluice as its owner"
        case .shared(let path, let what):
            "\(path) \(what) and is left as it is; name a folder of its own with --data, such as"
                + " \(path.hasSuffix("/") ? path : path + "/")sluice"
        case .displaced(let file, let what):
            "\(file) \(what); nothing is taken or paid for: end this process, and put the file back or begin anew"
        case .older(let file, let missing):
            "\(file) is older than what was last written here: \(missing) commits are missing, and what they spent; put"
                + " the newest copy back, or remove the file `head` beside it to go on with this one"
        case .swapped(let file):
            "\(file) is not the one that was used here; put that one back, or remove the file `head` beside it to go on"
                + " with this one"
        case .notWhole(let file, let reason):
            "\(file) is not whole, or it and its log \(file)-wal are of two copies: \(reason); put a whole copy back,"
                + " both from one moment"
        case .inUse(let file):
            "\(file) is used by a sluice of an earlier version; end that one first"
        case .newer(let file, let migration):
            "\(file) was written by a newer sluice (it has \(migration)); use that one"
        case .locked(let file): "\(file) is locked by another program; close that one and try again"
        case .full(let file): "the disk of \(file) is full; make room and try again"
        case .unreadable(let file, let number):
            "the disk of \(file) cannot be read (\(systemReason(number))); see that it can: the file itself may be whole"
        case .unwritable(let file, let number): "\(file) cannot be written: \(Self.cause(number))"
        case .linked(let file):
            "\(file) has a second name (a hard link), by which its money could be spent again; remove that one, or let it"
                + " be a copy"
        case .failed(let file, let code): "\(file) cannot be used: SQLite result \(code)"
        }
    }

    /// Why a write fails, and what to do.
    private static func cause(_ number: Int32) -> String {
        switch number {
        case EDQUOT: "this user's disk quota is used up; make room or have it raised"
        case EFBIG: "the file would become too large for this process or disk; raise the limit (`ulimit -f`)"
        case EROFS: "its disk is a read-only file system now; mount it for writing"
        default: "the disk reports an error (\(systemReason(number))); see that it takes writes"
        }
    }
}

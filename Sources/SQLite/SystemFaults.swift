import GRDB
import GRDBSQLite
import Glibc

/// What the system said when a connection last failed to read or write, as error numbers; 0 where nothing has failed.
///
/// SQLite's own codes tell neither a quota from a broken disk nor a disk that cannot be read from a damaged file: it keeps the
/// numbers for each file that it has open (<https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html>,
/// `SQLITE_FCNTL_LAST_ERRNO`).
struct SystemFaults: Sendable {
    /// Of the database file.
    var file: Int32 = 0
    /// Of its log, where all writes fail first.
    var log: Int32 = 0

    /// Asks a connection.
    init(of database: Database) {
        guard let connection = unsafe database.sqliteConnection else { return }
        _ = unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &file)
        var journal: UnsafeMutablePointer<sqlite3_file>?
        guard unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal) == SQLITE_OK,
            let methods = unsafe journal?.pointee.pMethods, let control = unsafe methods.pointee.xFileControl
        else { return }
        _ = unsafe control(journal, SQLITE_FCNTL_LAST_ERRNO, &log)
    }

    /// Why the disk does not give what it has; nil where it is not the disk.
    var ofReading: Int32? { [log, file].first { $0 == EIO } }

    /// Why a write failed; that the disk reports an error where nothing more is known.
    var ofWriting: Int32 { [log, file].first { $0 != 0 } ?? EIO }
}

import HistorySQLite
import MessagingSQLite
import SQLite
import SpendingSQLite
import Synchronization

/// The one file of all that is embedded, opened by whoever first needs it.
///
/// Where queues and books are elsewhere nobody does.
final class DataFile: Sendable {
    private let folder: String?
    private let opened = Mutex<SQLiteStore?>(nil)

    /// Names the file's folder; nil for a file in memory.
    init(folder: String?) { self.folder = folder }

    /// All tables of the file.
    private static var schemas: [Schema] { [SQLiteBroker.schema, SQLiteLedger.schema, SQLiteHistory.schema] }

    /// The open file.
    ///
    /// Blocks for a moment the first time.
    func store() throws(SQLiteStoreError) -> SQLiteStore {
        try opened.withLock { opened throws(SQLiteStoreError) in
            if let opened { return opened }
            let store =
                if let folder {
                    try SQLiteStore.open(folder: folder, schemas: Self.schemas)
                } else {
                    try SQLiteStore.inMemory(schemas: Self.schemas)
                }
            opened = store
            return store
        }
    }

    /// Closes it, where it was opened.
    func close() throws { try opened.withLock { $0 }?.close() }
}

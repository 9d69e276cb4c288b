import Foundation
import HistorySQLite
import MessagingSQLite
package import SQLite
import SpendingSQLite
import Synchronization

/// The one file of all that is embedded, opened by whoever first needs it.
///
/// Where queues and books are elsewhere nobody does.
package final class DataFile: Sendable {
    private let folder: String?
    /// What it is opened for.
    package let use: DataUse
    private let tell: @Sendable (String) -> Void
    private let opened = Mutex<SQLiteStore?>(nil)

    /// Names the file's folder.
    ///
    /// - Parameters:
    ///   - folder: Nil for a file in memory.
    ///   - use: What it is opened for.
    ///   - tell: Gets a line for a person where opening changed who may read the folder.
    package init(
        folder: String?, for use: DataUse = .making,
        tell: @escaping @Sendable (String) -> Void = { DataFile.tellOnStandardError($0) }
    ) {
        self.folder = folder
        self.use = use
        self.tell = tell
    }

    /// Writes a line for a person to standard error.
    package static func tellOnStandardError(_ line: String) {
        // Where nobody reads it, nothing is lost but the line.
        try? FileHandle.standardError.write(contentsOf: Data("sluice: \(line)\n".utf8))
    }

    /// All tables of the file.
    private static var schemas: [Schema] {
        [SQLiteBroker.schema, SQLiteLedger.schema, SQLiteHistory.schema, RealModelNote.schema]
    }

    /// The open file.
    ///
    /// Blocks for a moment the first time.
    func store() throws(SQLiteStoreError) -> SQLiteStore {
        try opened.withLock { opened throws(SQLiteStoreError) in
            if let opened { return opened }
            let store =
                if let folder {
                    try Self.open(folder, for: use)
                } else {
                    try SQLiteStore.inMemory(schemas: Self.schemas)
                }
            if let notice = store.notice { tell(notice) }
            opened = store
            return store
        }
    }

    private static func open(_ folder: String, for use: DataUse) throws(SQLiteStoreError) -> SQLiteStore {
        switch use {
        case .making: try SQLiteStore.open(folder: folder, schemas: schemas)
        case .changing: try SQLiteStore.openExisting(folder: folder, schemas: schemas)
        case .reading: try SQLiteStore.openForReading(folder: folder, schemas: schemas)
        }
    }

    /// Looks whether the open file is still the one at its path, can be read and takes what is written.
    ///
    /// Does nothing where none is open.
    package func check() async throws(SQLiteStoreError) {
        guard let store = opened.withLock({ $0 }) else { return }
        try store.check()
        try await store.checkReads()
        try await store.checkWrites()
    }

    /// Runs a body and closes the file after it.
    package func closing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            let value = try await body()
            try close()
            return value
        } catch {
            // What went wrong before is what matters.
            try? close()
            throw error
        }
    }

    /// Closes it, where it was opened.
    package func close() throws { try opened.withLock { $0 }?.close() }
}

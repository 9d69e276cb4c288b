import FoundationEssentials
import GRDB
import Glibc

extension SQLiteStore {
    /// Opens a store that is there for one who only reads: makes nothing, waits for nobody who writes and keeps nobody waiting.
    ///
    /// All that is read is of one state, that of the opening. Blocks for a moment. A file whose tables are of an earlier version
    /// is opened like any other, and so brought up to date.
    ///
    /// - Parameters:
    ///   - folder: Where it lies.
    ///   - schemas: All parts that keep tables in the file.
    /// - Returns: A store on which every write fails, to be closed by nobody else.
    /// - Throws: ``SQLiteStoreError``; ``SQLiteStoreError/absent(file:)`` where nothing was ever kept there.
    package static func openForReading(folder: String, schemas: [Schema]) throws(SQLiteStoreError) -> SQLiteStore {
        let file = "\(folder)/\(DataFolder.files[0])"
        let data = try existing(folder, file: file, isNarrowed: false)
        do {
            // What has no head is of before there was one, or still being made.
            if FileIdentity.status("\(data.path)/head") != nil,
                let store = try openForReading(data, file: file, tables: StoreTables([StoreHead.schema] + schemas))
            {
                return store
            }
        } catch let error as SQLiteStoreError {
            throw error
        } catch let error as DatabaseError where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) {
            // A start was cut short before the file had its log.
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        } catch {
            throw .cannotOpen(file: file, reason: "it cannot be read")
        }
        return try open(data, folder: folder, schemas: schemas)
    }

    /// Opens a store as ``open(folder:schemas:lockSeconds:)`` does, where there is one.
    ///
    /// - Throws: ``SQLiteStoreError``; ``SQLiteStoreError/absent(file:)`` where nothing was ever kept there.
    package static func openExisting(folder: String, schemas: [Schema]) throws(SQLiteStoreError) -> SQLiteStore {
        let data = try existing(folder, file: "\(folder)/\(DataFolder.files[0])")
        return try open(data, folder: folder, schemas: schemas)
    }

    /// A folder with a data file.
    private static func existing(
        _ folder: String, file: String, isNarrowed: Bool = true
    ) throws(SQLiteStoreError) -> DataFolder {
        let data = try DataFolder(folder, isMade: false, isNarrowed: isNarrowed)
        let status = FileIdentity.status("\(data.path)/\(DataFolder.files[0])")
        if status == nil, errno != ENOENT { throw .cannotOpen(file: file, reason: systemReason(errno)) }
        guard let status, status.st_size > 0 else {
            let lock = FileManager.default.contents(atPath: "\(data.path)/start.lock")
            throw lock.map { $0.starts(with: usedMark.utf8) } ?? false ? .lost(file: file) : .absent(file: file)
        }
        return data
    }

    /// Nil where there are steps to do first.
    private static func openForReading(
        _ data: DataFolder, file: String, tables: StoreTables
    ) throws -> SQLiteStore? {
        let path = "\(data.path)/\(DataFolder.files[0])"
        let opened = try OpenFile(path: path, name: file)
        let head = try StoreHead(path: "\(data.path)/head")
        let (noted, _, isChecked) = firstSight(of: opened, head, path: path)
        var configuration = Configuration()
        configuration.readonly = true
        let found = try look(path, configuration, tables, isChecked: isChecked, file: file)
        guard tables.isUpToDate(found.applied) else { return nil }
        try compare(found, with: noted, file: file)
        if let problem = found.problem { throw SQLiteStoreError.notWhole(file: file, reason: problem) }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // The log and its index, which the guard compares, are there from the first read on.
        let snapshot = try pool.makeSnapshot()
        let guardian = try CommitGuard(folder: data, opened: opened, head: head, file: file)
        return SQLiteStore(
            file: file, database: pool, owners: opened, notice: data.notice, guardian: guardian, snapshot: snapshot)
    }
}

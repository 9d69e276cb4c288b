import FoundationEssentials
import GRDB
import Glibc

extension SQLiteStore {
    /// The log's length in pages of 4 KiB at which it is moved into the file, which holds up whoever commits then: a
    /// quarter of SQLite's own, for many short waits instead of few long ones.
    package static let logPages = 250

    /// Stands in the folder's lock once the file has tables: one that is gone or empty later is not begun anew, since it
    /// would forget what was spent.
    static let usedMark = "used\n"

    /// Opens or creates `sluice.sqlite` in a folder and brings its tables up to date.
    ///
    /// Blocks for a moment: open stores at start. Write-ahead log, every commit flushed (`synchronous = FULL`): what
    /// ``commit(_:)`` returned is on the disk. Where nobody can know that the last process left the file whole (its log is
    /// still there, or nothing says how far the file had come), all of it is checked, which takes as long as to read it.
    ///
    /// - Parameters:
    ///   - folder: Made where it is missing, for this user alone.
    ///   - schemas: All parts that keep tables in the file.
    ///   - lockSeconds: How long to wait while another program starts or writes.
    /// - Returns: The store, to be closed by nobody else.
    /// - Throws: ``SQLiteStoreError`` with the file or folder.
    package static func open(
        folder: String, schemas: [Schema], lockSeconds: Double = 10
    ) throws(SQLiteStoreError) -> SQLiteStore {
        try open(DataFolder(folder), folder: folder, schemas: schemas, lockSeconds: lockSeconds)
    }

    /// Opens the store of a folder that was looked at.
    static func open(
        _ data: DataFolder, folder: String, schemas: [Schema], lockSeconds: Double = 10
    ) throws(SQLiteStoreError) -> SQLiteStore {
        let file = "\(folder)/sluice.sqlite"
        do {
            try data.makeFile("start.lock")
            // Two processes that start at once must not both run the same migration.
            let lock = try FileLock(path: "\(data.path)/start.lock", waitSeconds: lockSeconds)
            let store = try open(
                data, file: file, tables: StoreTables([StoreHead.schema] + schemas), wasUsed: lock.content == usedMark,
                lockSeconds: lockSeconds)
            if lock.content != usedMark { try lock.write(usedMark) }
            _ = consume lock
            return store
        } catch let error as SQLiteStoreError {
            throw error
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        } catch FileLock.Failure.taken {
            throw .locked(file: file)
        } catch FileLock.Failure.cannotOpen(let reason) {
            throw .cannotOpen(file: folder, reason: reason)
        } catch {
            throw .cannotOpen(file: file, reason: "it cannot be prepared")
        }
    }

    private static func open(
        _ data: DataFolder, file: String, tables: StoreTables, wasUsed: Bool, lockSeconds: Double
    ) throws -> SQLiteStore {
        let path = "\(data.path)/sluice.sqlite"
        let size = FileIdentity.status(path)?.st_size ?? 0
        guard !wasUsed || size > 0 else { throw SQLiteStoreError.lost(file: file) }
        try data.makeFile("sluice.sqlite")
        try data.makeFile("head")
        let opened = try OpenFile(path: path, name: file)
        let head = try StoreHead(path: "\(data.path)/head")
        let (noted, isAlone, isChecked) = firstSight(of: opened, head, path: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(lockSeconds)
        let found = size > 0 ? try look(path, configuration, tables, isChecked: isChecked, file: file) : .nothing
        guard !wasUsed || !found.applied.isEmpty else { throw SQLiteStoreError.lost(file: file) }
        // Owners of before have their locks elsewhere, where they see no new ones.
        guard found.applied.isEmpty || found.place != nil || isAlone else { throw SQLiteStoreError.inUse(file: file) }
        try compare(found, with: noted, file: file)
        if let problem = found.problem { throw SQLiteStoreError.notWhole(file: file, reason: problem) }

        let pool = try DatabasePool(path: path, configuration: configuration)
        // After opening: GRDB itself sets NORMAL, which may lose the last commits in a power cut.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(logPages)")
        }
        try tables.migrate(pool)
        if isChecked, !found.isAudited, !found.applied.isEmpty, let problem = try pool.read(tables.misfit) {
            throw SQLiteStoreError.notWhole(file: file, reason: problem)
        }
        // Into the file itself: it is whole without its log.
        try pool.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(PASSIVE)") }
        if noted == nil, let place = try pool.read(StoreHead.place) { head.note(place) }
        if isAlone {
            // Where earlier versions had the locks of owners, all of whom are gone.
            try? FileManager.default.removeItem(atPath: "\(data.path)/owners")
        }
        let guardian = try CommitGuard(folder: data, opened: opened, head: head, file: file)
        let observer = try DatabaseQueue(path: path, configuration: configuration)
        return SQLiteStore(
            file: file, database: pool, owners: opened, notice: data.notice, guardian: guardian, observer: observer)
    }

    /// How far the file had come when it was last written here, whether nobody has it open, and whether all of it has to be
    /// checked: where nobody has, and nothing says that the last process left it whole.
    static func firstSight(
        of opened: OpenFile, _ head: StoreHead, path: String
    ) -> (noted: StoreHead.Place?, isAlone: Bool, isChecked: Bool) {
        // Before the file is read: others go on with both meanwhile.
        let noted = head.noted
        let isAlone = opened.isAlone
        let hasLog = (FileIdentity.status(path + "-wal")?.st_size ?? 0) > 0
        return (noted, isAlone, isAlone && (hasLog || noted == nil))
    }

    /// What a first look found.
    struct Found: Sendable {
        static let nothing = Found(applied: [], place: nil, problem: nil, isAudited: false)

        /// The steps of all tables that are done.
        let applied: Set<String>
        let place: StoreHead.Place?
        let problem: String?
        /// Whether what the tables hold was looked at too.
        let isAudited: Bool
    }

    /// Looks at a file without changing it: whoever closes it may move its log into it, and they may not belong together.
    static func look(
        _ path: String, _ configuration: Configuration, _ tables: StoreTables, isChecked: Bool, file: String
    ) throws -> Found {
        func found(_ database: Database) throws -> Found {
            do {
                return try facts(database)
            } catch let error as DatabaseError where SQLiteStoreError.isOfSystem(error) {
                throw SQLiteStoreError(error, file: file, SystemFaults(of: database))
            }
        }
        func facts(_ database: Database) throws -> Found {
            let applied = try tables.applied(database, file: file)
            let hasHead = StoreHead.schema.identifiers.allSatisfy(applied.contains)
            let isAudited = isChecked && tables.isUpToDate(applied)
            return Found(
                applied: applied, place: hasHead ? try StoreHead.place(database) : nil,
                problem: isChecked ? try tables.damage(database) ?? (isAudited ? tables.misfit(database) : nil) : nil,
                isAudited: isAudited)
        }
        var readOnly = configuration
        readOnly.readonly = true
        do {
            return try DatabaseQueue(path: path, configuration: readOnly).read(found)
        } catch let error as DatabaseError where [.SQLITE_READONLY, .SQLITE_CANTOPEN].contains(error.resultCode) {
            // A start was cut short before the file had its log.
            return try DatabaseQueue(path: path, configuration: configuration).read(found)
        }
    }

    /// Compares how far the file has come with what was noted beside it.
    static func compare(
        _ found: Found, with noted: StoreHead.Place?, file: String
    ) throws(SQLiteStoreError) {
        guard let noted else { return }
        guard let place = found.place else {
            // Without tables, or from before there was a head.
            throw found.applied.isEmpty ? .lost(file: file) : .older(file: file, missing: noted.commits)
        }
        guard place.mark == noted.mark else { throw .swapped(file: file) }
        guard place.commits >= noted.commits else {
            throw .older(file: file, missing: noted.commits - place.commits)
        }
    }
}

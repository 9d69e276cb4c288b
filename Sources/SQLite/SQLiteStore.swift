import FoundationEssentials
package import GRDB

/// One SQLite file that several processes and many tasks use at once.
///
/// Reads run side by side. Writes go through ``commit(_:)``: those that wait at the same moment share one transaction
/// and so one flush to the disk, and still each is done whole or not at all.
package final class SQLiteStore: Sendable {
    /// The file's path; `:memory:` for a store that ends with the process.
    package let file: String
    /// Where the locks of the processes that use this file lie; nil for a store in memory.
    package let ownersFolder: String?

    private let database: any DatabaseWriter
    private let commits: SharedCommits
    private let signal = CommitSignal()
    /// Reads the file's change counter, on a connection of its own: SQLite counts for each the commits of all others.
    private let observer: DatabaseQueue?

    private init(file: String, ownersFolder: String?, database: any DatabaseWriter, observer: DatabaseQueue?) {
        self.file = file
        self.ownersFolder = ownersFolder
        self.database = database
        self.observer = observer
        commits = SharedCommits(database: database)
    }

    /// The log's length in pages of 4 KiB at which it is moved into the file, which holds up whoever commits then: a
    /// quarter of SQLite's own, for many short waits instead of few long ones.
    package static let logPages = 250

    /// Opens or creates `sluice.sqlite` in a folder and brings its tables up to date.
    ///
    /// Blocks for a moment: open stores at start. Write-ahead log, every commit flushed (`synchronous = FULL`): what
    /// ``commit(_:)`` returned is on the disk.
    ///
    /// - Parameters:
    ///   - folder: Made where it is missing.
    ///   - schemas: All parts that keep tables in the file.
    ///   - lockSeconds: How long to wait while another program starts or writes.
    /// - Returns: The store, to be closed by nobody else.
    /// - Throws: ``SQLiteStoreError`` with the file or folder.
    package static func open(
        folder: String, schemas: [Schema], lockSeconds: Double = 10
    ) throws(SQLiteStoreError) -> SQLiteStore {
        let file = "\(folder)/sluice.sqlite"
        let owners = "\(folder)/owners"
        do {
            try FileManager.default.createDirectory(atPath: owners, withIntermediateDirectories: true)
        } catch {
            throw .cannotOpen(file: folder, reason: "the folder cannot be made or written")
        }
        do {
            // Two processes that start at once must not both run the same migration.
            let lock = try FileLock(path: "\(folder)/start.lock", waitSeconds: lockSeconds)
            let wasUsed = lock.content == Self.usedMark
            guard !wasUsed || Self.hasContent(file) else { throw SQLiteStoreError.lost(file: file) }
            var configuration = Configuration()
            configuration.busyMode = .timeout(lockSeconds)
            let pool = try DatabasePool(path: file, configuration: configuration)
            // After opening: GRDB itself sets NORMAL, which may lose the last commits in a power cut.
            try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(logPages)")
            }
            try migrate(pool, schemas: schemas, file: file, wasUsed: wasUsed)
            // Into the file itself: it is whole without its log.
            try checkpoint(pool)
            if !wasUsed { try lock.write(Self.usedMark) }
            _ = consume lock
            let observer = try DatabaseQueue(path: file, configuration: configuration)
            return SQLiteStore(file: file, ownersFolder: owners, database: pool, observer: observer)
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

    /// A store that ends with the process.
    package static func inMemory(schemas: [Schema]) throws(SQLiteStoreError) -> SQLiteStore {
        let file = ":memory:"
        do {
            let queue = try DatabaseQueue()
            try migrate(queue, schemas: schemas, file: file, wasUsed: false)
            return SQLiteStore(file: file, ownersFolder: nil, database: queue, observer: nil)
        } catch let error as SQLiteStoreError {
            throw error
        } catch {
            throw .cannotOpen(file: file, reason: "it cannot be prepared")
        }
    }

    /// Stands in the folder's lock once the file has tables: one that is gone or empty later is not begun anew, since it
    /// would forget what was spent.
    private static let usedMark = "used\n"

    private static func hasContent(_ file: String) -> Bool {
        let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64
        return (size ?? 0) > 0
    }

    /// Moves what the log holds into the file, as far as nobody reads or writes.
    private static func checkpoint(_ database: any DatabaseWriter) throws {
        try database.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(PASSIVE)") }
    }

    private static func migrate(
        _ database: any DatabaseWriter, schemas: [Schema], file: String, wasUsed: Bool
    ) throws {
        var migrator = DatabaseMigrator()
        for schema in schemas {
            for (identifier, migration) in zip(schema.identifiers, schema.migrations) {
                migrator.registerMigration(identifier, migrate: migration)
            }
        }
        let known = Set(schemas.flatMap(\.identifiers))
        let names = Set(schemas.map(\.name))
        let applied = try database.read { [migrator] in try migrator.appliedIdentifiers($0) }
        if let unknown = applied.sorted().first(where: { identifier in
            !known.contains(identifier) && names.contains(String(identifier.prefix { $0 != "." }))
        }) {
            throw SQLiteStoreError.newer(file: file, migration: unknown)
        }
        guard !wasUsed || !applied.isEmpty else { throw SQLiteStoreError.lost(file: file) }
        try migrator.migrate(database)
    }

    /// Reads from one consistent state of the file.
    ///
    /// - Throws: ``SQLiteStoreError``, or what `body` throws.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.unsafeRead { db in
                // GRDB's own `read` asks a closed connection whether it is in a transaction, and crashes.
                var value: Value?
                try db.inTransaction(.deferred) {
                    value = try body(db)
                    return .commit
                }
                guard let value else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
                return value
            }
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        }
    }

    /// Writes all of `update`, or nothing where it throws.
    ///
    /// What was written is durable when this returns.
    ///
    /// `update` may share its transaction with others but sees them as done, one after the other. It may be run a second
    /// time after all that it wrote was undone, because a neighbour failed or the disk did: what it does outside the
    /// database must do no harm when done twice, and only its last run's value or error is given. It must not wait for
    /// anything. Cancellation does not interrupt it.
    ///
    /// - Throws: ``SQLiteStoreError``, or what `update` throws.
    package func commit<Value: Sendable>(
        _ update: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await commitRemembering { database, _ in try update(database) }
    }

    /// Writes likewise, and gives `update` what those that share its transaction have read so far.
    package func commitRemembering<Value: Sendable>(
        _ update: @escaping @Sendable (_ database: Database, _ memory: TransactionMemory) throws -> Value
    ) async throws -> Value {
        do {
            let value = try await commits.run(update)
            signal.raise()
            return value
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        }
    }

    /// Gives an element at once and after each commit to the file, of this process or another.
    package func changes() -> StoreChanges { StoreChanges(store: self) }

    func changeMark() async throws -> ChangeMark {
        // Taken first: a commit between the two is seen once too often rather than not at all.
        let own = signal.commits
        do {
            let version = try await observer?.unsafeRead { try Int64.fetchOne($0, sql: "PRAGMA data_version") }
            return ChangeMark(ownCommits: own, dataVersion: (version ?? nil) ?? 0)
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        }
    }

    /// Waits for a commit of this process, as long as others' commits need not be looked for and `limit` allows.
    func waitForOwnCommit(after commits: UInt64, atMost limit: Duration?) async {
        // In memory there are no others.
        let pollInterval = observer == nil ? nil : StoreChanges.pollInterval
        let longest = [limit, pollInterval].compactMap { $0 }.min()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.signal.wait(after: commits) }
            if let longest { group.addTask { try? await Task.sleep(for: longest) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Closes the file after the writes under way; later calls throw.
    ///
    /// - Throws: ``SQLiteStoreError``.
    package func close() throws {
        do {
            try observer?.close()
            // SQLite does this with the last connection, but the pool closes its readers last, which cannot write. On a
            // full disk it stays undone: the log has everything, and the next who opens the file reads it.
            if ownersFolder != nil { try? Self.checkpoint(database) }
            try database.close()
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        }
    }
}

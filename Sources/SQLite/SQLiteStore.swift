import FoundationEssentials
package import GRDB
import Synchronization
import Waiting

/// One SQLite file that several processes and many tasks use at once.
///
/// Reads run side by side. Writes go through ``commit(_:)``: those that wait at the same moment share one transaction
/// and so one flush to the disk, and still each is done whole or not at all.
package final class SQLiteStore: Sendable {
    /// The file's path; `:memory:` for a store that ends with the process.
    package let file: String
    /// The file on which the owners of work have their locks; nil for a store in memory.
    package let owners: OpenFile?
    /// One line for a person, where the folder was open to other users and is no longer.
    package let notice: String?

    private let database: any DatabaseWriter
    private let commits: SharedCommits
    /// The room on a disk with which it is tried again after it was full, in bytes.
    private static let roomMin: UInt64 = 1 << 18

    /// Why the last write that the disk did not take failed; nil once one is known to have been taken since.
    private let writeFailure = Mutex<SQLiteStoreError?>(nil)
    /// The last read that the disk did not give, and when; nil once the file can be read again.
    private let readFailure = Mutex<(error: SQLiteStoreError, at: ContinuousClock.Instant)?>(nil)
    /// How long none may have failed before it is tried whether the file can be read.
    private static let readPause = Duration.seconds(10)
    private let signal = CommitSignal()
    private let guardian: CommitGuard?
    /// Reads the file's change counter, on a connection of its own: SQLite counts for each the commits of all others.
    private let observer: DatabaseQueue?
    /// The one state that all is read from; nil where each read sees the newest, and where writes are taken.
    private let snapshot: DatabaseSnapshot?

    init(
        file: String, database: any DatabaseWriter, owners: OpenFile? = nil, notice: String? = nil,
        guardian: CommitGuard? = nil, observer: DatabaseQueue? = nil, snapshot: DatabaseSnapshot? = nil
    ) {
        self.snapshot = snapshot
        self.file = file
        self.owners = owners
        self.notice = notice
        self.database = database
        self.guardian = guardian
        self.observer = observer
        commits = SharedCommits(database: database, guardian: guardian)
    }

    /// A store that ends with the process.
    package static func inMemory(schemas: [Schema]) throws(SQLiteStoreError) -> SQLiteStore {
        let file = ":memory:"
        do {
            let queue = try DatabaseQueue()
            try StoreTables(schemas).migrate(queue)
            return SQLiteStore(file: file, database: queue)
        } catch let error as SQLiteStoreError {
            throw error
        } catch {
            throw .cannotOpen(file: file, reason: "it cannot be prepared")
        }
    }

    /// Looks whether the file is still the one that was opened; quick, and reads nothing.
    ///
    /// - Throws: ``SQLiteStoreError/displaced(file:what:)``.
    package func check() throws(SQLiteStoreError) { try guardian?.check() }

    /// Reads from one consistent state of the file.
    ///
    /// - Throws: ``SQLiteStoreError``, or what `body` throws.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try check()
        do {
            if let snapshot {
                return try await snapshot.read { [self] db in try tellingFaults(of: db) { try body(db) } }
            }
            return try await database.unsafeRead { [self] db in
                try tellingFaults(of: db) {
                    // GRDB's own `read` asks a closed connection whether it is in a transaction, and crashes.
                    var value: Value?
                    try db.inTransaction(.deferred) {
                        value = try body(db)
                        return .commit
                    }
                    guard let value else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
                    return value
                }
            }
        } catch let error as DatabaseError {
            throw await failure(ofReading: error)
        }
    }

    /// Reads with a connection, and says what the system said where it fails.
    private func tellingFaults<Value>(of database: Database, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError where SQLiteStoreError.isOfSystem(error) {
            let error = SQLiteStoreError(error, file: file, SystemFaults(of: database))
            note(error)
            throw error
        }
    }

    private func note(_ error: SQLiteStoreError) {
        guard case .unreadable = error else { return }
        readFailure.withLock { $0 = (error, .now) }
    }

    /// The error of a read before its connection could be asked what the system said.
    private func failure(ofReading error: DatabaseError) async -> SQLiteStoreError {
        guard SQLiteStoreError.isOfSystem(error) else { return SQLiteStoreError(error, file: file) }
        do {
            try await readAnew()
        } catch let anew as DatabaseError {
            // SQLite says of a disk that does not give a file that it is damaged, and where nothing was read yet that it is not.
            let anew = SQLiteStoreError(anew, file: file)
            note(anew)
            if case .unreadable = anew { return anew }
        } catch {
            // What failed first is what is to be told.
        }
        return SQLiteStoreError(error, file: file)
    }

    /// The error of a write, with what the system said to the connection that writes.
    private func failure(of error: DatabaseError) async -> SQLiteStoreError {
        guard SQLiteStoreError.isOfSystem(error) else { return SQLiteStoreError(error, file: file) }
        let faults = try? await database.writeWithoutTransaction { SystemFaults(of: $0) }
        let error = SQLiteStoreError(error, file: file, faults)
        note(error)
        return error
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
            let error = await failure(of: error)
            if error.isOfDisk { writeFailure.withLock { $0 = error } }
            throw error
        }
    }

    /// Looks whether the disk takes writes again, where it did not take one; quick where it did.
    ///
    /// - Throws: ``SQLiteStoreError``, such as ``SQLiteStoreError/full(file:)``, while it does not.
    package func checkWrites() async throws(SQLiteStoreError) {
        guard let failure = writeFailure.withLock({ $0 }) else { return }
        // A write that failed for want of room has left the log longer: a page may fit there, and not the next answer.
        if case .full = failure, SQLiteStoreError.hasRoom(for: Self.roomMin, beside: file) == false { throw failure }
        do {
            try await commits.run { database, _ in
                // Writes a page whatever its value is, and changes nothing.
                let version = try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                try database.execute(sql: "PRAGMA user_version = \(version)")
            }
            writeFailure.withLock { $0 = nil }
        } catch let error as DatabaseError {
            let error = await self.failure(of: error)
            throw error.isOfDisk ? error : failure
        } catch {
            throw error as? SQLiteStoreError ?? failure
        }
    }

    /// Looks whether the disk gives what it has again, where it did not; quick where it did.
    ///
    /// - Throws: ``SQLiteStoreError/unreadable(file:number:)`` while it does not.
    package func checkReads() async throws(SQLiteStoreError) {
        guard let failure = readFailure.withLock({ $0 }), observer != nil else { return }
        // What is in memory can still be read: the last failure has to be a while ago, too.
        guard ContinuousClock.now - failure.at >= Self.readPause else { throw failure.error }
        do {
            try await readAnew()
        } catch {
            throw failure.error
        }
        readFailure.withLock { $0 = nil }
    }

    /// Reads with a connection that has nothing in memory.
    private func readAnew() async throws {
        try await observer?.unsafeRead { [file] _ in
            var configuration = Configuration()
            configuration.readonly = true
            _ = try DatabaseQueue(path: file, configuration: configuration).read { database in
                try Int64.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
            }
        }
    }

    /// Gives an element at once and after each commit to the file, of this process or another.
    package func changes() -> StoreChanges { StoreChanges(store: self) }

    func changeMark() async throws -> ChangeMark {
        // Taken first: a commit between the two is seen once too often rather than not at all.
        let own = signal.commits
        // Nothing would ever change in a file that was moved away.
        try check()
        do {
            let version = try await observer?.unsafeRead { try Int64.fetchOne($0, sql: "PRAGMA data_version") }
            return ChangeMark(ownCommits: own, dataVersion: (version ?? nil) ?? 0)
        } catch let error as DatabaseError {
            throw await failure(ofReading: error)
        }
    }

    /// Waits for a commit of this process, as long as others' commits need not be looked for and `limit` allows.
    func waitForOwnCommit(after commits: UInt64, atMost limit: Duration?) async {
        // In memory there are no others.
        let pollInterval = observer == nil ? nil : StoreChanges.pollInterval
        let longest = [limit, pollInterval].compactMap { $0 }.min()
        guard let longest else { return await signal.wait(after: commits) }
        await Deadline(after: longest, by: .continuous).wait { await self.signal.wait(after: commits) }
    }

    /// Closes the file after the writes under way; later calls throw.
    ///
    /// - Throws: ``SQLiteStoreError``.
    package func close() throws {
        do {
            try observer?.close()
            try snapshot?.close()
            // SQLite does this with the last connection, but the pool closes its readers last, which cannot write. Where
            // others read, or the disk is full, it stays undone: the log has everything, and the next who opens the file
            // reads it. An empty log tells that one that nothing was left half done.
            if owners != nil, snapshot == nil {
                try? database.writeWithoutTransaction {
                    try $0.execute(sql: "PRAGMA busy_timeout = 0")
                    _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                }
            }
            try database.close()
            owners?.close()
            guardian?.close()
        } catch let error as DatabaseError {
            throw SQLiteStoreError(error, file: file)
        }
    }
}

import Dispatch
import FoundationEssentials
import GRDB
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite("SQLiteStore")
struct SQLiteStoreTests {
    private let folder: TemporaryFolder
    private var file: String { "\(folder.path)/sluice.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    private static let notes = Schema(
        name: "notes", migrations: [{ try $0.execute(sql: "CREATE TABLE notes (text TEXT NOT NULL UNIQUE)") }])

    private func open(_ schemas: [Schema] = [notes], lockSeconds: Double = 10) throws(SQLiteStoreError) -> SQLiteStore {
        try SQLiteStore.open(folder: folder.path, schemas: schemas, lockSeconds: lockSeconds)
    }

    private func write(_ bytes: Data) throws { try bytes.write(to: URL(filePath: file)) }

    @Test("Every commit is flushed to the write-ahead log")
    func flushed() async throws {
        let store = try open()
        let settings = try await store.commit { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchOne(database, sql: "PRAGMA journal_mode")
            )
        }
        #expect(settings.0 == 2)
        #expect(settings.1 == "wal")
    }

    @Test("What was committed is there after the file is opened again")
    func durable() async throws {
        let first = try open()
        try await first.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('kept')") }
        try first.close()
        let texts = try await open().read { try String.fetchAll($0, sql: "SELECT text FROM notes") }
        #expect(texts == ["kept"])
    }

    @Test("Writes that wait at the same moment share transactions", .timeLimit(.minutes(1)))
    func shared() async throws {
        let store = try open()
        let commits = CommitCounter()
        try await store.commit { $0.add(transactionObserver: commits, extent: .databaseLifetime) }
        let before = commits.count
        let (reached, gate) = (AsyncStream<Void>.makeStream(), Gate())
        try await withThrowingTaskGroup { group in
            // The first write holds the writer until all others wait, so that the sharing is no matter of luck.
            group.addTask {
                try await store.commit { _ in
                    reached.continuation.yield()
                    gate.wait()
                }
            }
            var begun = reached.stream.makeAsyncIterator()
            _ = await begun.next()
            for number in 0..<100 {
                group.addTask {
                    reached.continuation.yield()
                    try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [number]) }
                }
            }
            for _ in 0..<100 { _ = await begun.next() }
            gate.open()
            try await group.waitForAll()
        }
        #expect(commits.count - before <= 20)
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 100)
    }

    @Test("A write that fails harms none of those that share its transaction", .timeLimit(.minutes(1)))
    func ownErrors() async throws {
        struct Refused: Error, Equatable { let number: Int }
        let store = try open()
        let outcomes = await withTaskGroup(of: (Int, Result<Int, any Error>).self) { group in
            for number in 0..<90 {
                group.addTask {
                    do {
                        return (
                            number,
                            .success(
                                try await store.commit { database in
                                    let text = number % 3 == 1 ? "same" : "\(number)"
                                    try database.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [text])
                                    if number % 3 == 2 { throw Refused(number: number) }
                                    return number
                                })
                        )
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var same = 0
        for (number, outcome) in outcomes {
            switch (number % 3, outcome) {
            case (0, .success(number)): continue
            case (1, .success): same += 1
            case (1, .failure(let error)):
                #expect(error as? SQLiteStoreError == .failed(file: file, code: 2067))
            case (2, .failure(let error)): #expect(error as? Refused == Refused(number: number))
            default: Issue.record("write \(number) ended with \(outcome)")
            }
        }
        #expect(outcomes.count == 90)
        #expect(same == 1)
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 31)
    }

    @Test("A full disk is called so, also where SQLite gives up the whole transaction")
    func full() async throws {
        let store = try open()
        let limit = try await store.commit { database in
            // SQLite's own limit stands for the disk's: <https://www.sqlite.org/pragma.html#pragma_max_page_count>.
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            return try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages + 2)") ?? 0
        }
        #expect(limit > 0)
        // SQLite rolls back the whole transaction, and a commit of it would fail for a reason that says nothing.
        await #expect(throws: SQLiteStoreError.full(file: file)) {
            try await store.commit { database in
                try database.execute(sql: "INSERT INTO notes VALUES (hex(zeroblob(100000)))")
            }
        }
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('small')") }
        #expect(try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["small"])
    }

    @Test("A file of a newer program is refused with the migration's name")
    func newer() throws {
        let newer = Schema(name: "notes", migrations: Self.notes.migrations + [{ _ in }])
        try open([newer]).close()
        #expect(throws: SQLiteStoreError.newer(file: file, migration: "notes.2")) { try open() }
    }

    @Test("A part that this program does not open may be of any age")
    func otherPart() async throws {
        try open([Self.notes, Schema(name: "other", migrations: [{ _ in }])]).close()
        let store = try open()
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 0)
    }

    @Test("A file that is no database is called damaged")
    func noDatabase() throws {
        try write(Data(repeating: 0x55, count: 8_192))
        #expect(throws: SQLiteStoreError.damaged(file: file)) { try open() }
    }

    @Test("A truncated file is called damaged", arguments: [50, 4_096, 10_000])
    func truncated(bytes: Int) async throws {
        let store = try open()
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES (hex(zeroblob(50000)))") }
        try store.close()
        try await DatabaseQueue(path: file).writeWithoutTransaction {
            // Into the file itself: what the log holds is not lost with it.
            _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let whole = try Data(contentsOf: URL(filePath: file))
        try #require(whole.count > 20_000)
        try write(whole.prefix(bytes))
        #expect(throws: SQLiteStoreError.damaged(file: file)) { try open() }
    }

    @Test("A file that is gone or emptied is not begun anew", arguments: [0, nil])
    func lost(bytes: Int?) async throws {
        let store = try open()
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('a')") }
        try store.close()
        if bytes == nil { try FileManager.default.removeItem(atPath: file) } else { try write(Data()) }
        #expect(throws: SQLiteStoreError.lost(file: file)) { try open() }
        #expect("\(SQLiteStoreError.lost(file: file))".contains("restore it from a copy"))
        // Nor at the second try.
        #expect(throws: SQLiteStoreError.lost(file: file)) { try open() }
    }

    @Test("A file alone is whole, without its log")
    func copy() async throws {
        let store = try open()
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('a')") }
        try store.close()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        let again = try open()
        #expect(try await again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 1)
    }

    @Test("On a disk that has become full, what was committed stays in the log when the store is closed")
    func closedOnFullDisk() async throws {
        let disk = try await SmallDisk(mebibytes: 4)
        let store = try SQLiteStore.open(folder: disk.folder, schemas: [Self.notes])
        let texts = (0..<20).map { "\($0) \(String(repeating: "a", count: 5_000))" }
        try await store.commit { database in
            for text in texts { try database.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [text]) }
        }
        try await disk.fill()
        try store.close()
        try await disk.grow(mebibytes: 8)
        let again = try SQLiteStore.open(folder: disk.folder, schemas: [Self.notes])
        #expect(try await again.read { try String.fetchSet($0, sql: "SELECT text FROM notes") } == Set(texts))
        try again.close()
        try await disk.remove()
    }

    @Test("A disk that takes no write is known until it takes one")
    func checksWrites() async throws {
        let disk = try await SmallDisk(mebibytes: 2)
        let store = try SQLiteStore.open(folder: disk.folder, schemas: [Self.notes])
        try await store.checkWrites()
        try await disk.fill()
        let full = SQLiteStoreError.full(file: "\(disk.folder)/sluice.sqlite")
        await #expect(throws: full) {
            try await store.commit {
                try $0.execute(
                    sql: "INSERT INTO notes VALUES (?)", arguments: [String(repeating: "a", count: 1_000_000)])
            }
        }
        await #expect(throws: full) { try await store.checkWrites() }
        // Reading is none of it.
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 0)
        await #expect(throws: full) { try await store.checkWrites() }
        try await disk.grow(mebibytes: 8)
        try await store.checkWrites()
        try store.close()
        try await disk.remove()
    }

    @Test("A file that may only be read is called so; no other folder is proposed, which would know nothing of it")
    func readOnly() async throws {
        let store = try open()
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('kept')") }
        try store.close()
        let readOnly = try await ReadOnlyFile(file)
        let error = #expect(throws: SQLiteStoreError.self) { try open() }
        try await readOnly.remove()
        #expect(error == .readOnly(file: file))
        #expect(try #require(error).description == "\(file) is read-only; let this user write it and its folder")
        #expect(try await open().read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["kept"])
    }

    @Test("A folder in place of the file cannot be opened")
    func notAFile() throws {
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        let error = #expect(throws: SQLiteStoreError.self) { try open() }
        #expect(error == .notOurs(path: file, what: "is no file"))
        #expect("\(try #require(error))".contains(file))
    }

    @Test("A folder that cannot be made is named")
    func noFolder() throws {
        let taken = "\(folder.path)/taken"
        try Data().write(to: URL(filePath: taken))
        let error = #expect(throws: SQLiteStoreError.self) {
            try SQLiteStore.open(folder: "\(taken)/below", schemas: [])
        }
        #expect("\(try #require(error))".contains("\(taken)/below"))
    }

    @Test("Another start that never ends is waited for only so long")
    func stuckStart() throws {
        let lock = try FileLock(path: "\(folder.path)/start.lock")
        #expect(throws: SQLiteStoreError.locked(file: file)) { try open(lockSeconds: 0.02) }
        _ = consume lock
    }

    @Test("Another program's long write is waited for only so long")
    func locked() async throws {
        let store = try open(lockSeconds: 0.02)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: file, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: SQLiteStoreError.locked(file: file)) {
            try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('late')") }
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('in time')") }
        #expect(try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["in time"])
    }

    @Test("Stores that open a new folder at once run each migration once", .timeLimit(.minutes(1)))
    func atOnce() async throws {
        let path = folder.path
        let stores = try await withThrowingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { @concurrent in try SQLiteStore.open(folder: path, schemas: [Self.notes]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (number, store) in stores.enumerated() {
            try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [number]) }
        }
        #expect(try await stores[0].read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 4)
    }

    @Test("A closed store answers with an error")
    func closed() async throws {
        let store = try open()
        try store.close()
        await #expect(throws: SQLiteStoreError.self) { try await store.commit { _ in } }
        await #expect(throws: SQLiteStoreError.self) { try await store.read { _ in } }
    }

    @Test("A closed store in memory answers with an error")
    func closedInMemory() async throws {
        let store = try SQLiteStore.inMemory(schemas: [Self.notes])
        try store.close()
        await #expect(throws: SQLiteStoreError.self) { try await store.commit { _ in } }
        await #expect(throws: SQLiteStoreError.self) { try await store.read { _ in } }
    }

    @Test("Who watches a store that is closed gets an error", .timeLimit(.minutes(1)))
    func closedWhileWatched() async throws {
        let store = try open()
        var changes = store.changes().makeAsyncIterator()
        _ = try await changes.next()
        try store.close()
        await #expect(throws: SQLiteStoreError.self) { try await changes.next() }
    }

    @Test("A store in memory has no folder for locks")
    func inMemory() async throws {
        let store = try SQLiteStore.inMemory(schemas: [Self.notes])
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('here')") }
        #expect(store.owners == nil)
        #expect(try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["here"])
    }
}

/// Counts transactions that changed something.
private final class CommitCounter: TransactionObserver, Sendable {
    private let commits = Mutex(0)
    var count: Int { commits.withLock { $0 } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { commits.withLock { $0 += 1 } }
    func databaseDidRollback(_ db: Database) {}
}

/// Holds a thread of the database, which must not suspend, until it is opened.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() { semaphore.wait() }
    func open() { semaphore.signal() }
}

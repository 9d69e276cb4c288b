import Dispatch
import GRDB
import SQLite
import Synchronization
import TestSupport
import Testing

@Suite("Writes that share a commit", .timeLimit(.minutes(1)))
struct SharedCommitTests {
    private struct Refused: Error, Equatable { var number = 0 }

    private static let notes = Schema(
        name: "notes", migrations: [{ try $0.execute(sql: "CREATE TABLE notes (text TEXT NOT NULL UNIQUE)") }])

    private let folder: TemporaryFolder
    private let store: SQLiteStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteStore.open(folder: folder.path, schemas: [Self.notes])
    }

    @Test("A write that throws after it changed something harms no neighbour and leaves nothing")
    func thrownAfterChanges() async throws {
        let outcomes = try await together([
            { try Self.insert("before", $0) },
            {
                try Self.insert("undone", $0)
                throw Refused()
            },
            { try Self.insert("after", $0) },
        ])
        #expect(outcomes[0].isSuccess && outcomes[2].isSuccess)
        #expect(outcomes[1].error as? Refused == Refused())
        #expect(try await texts() == ["before", "after"])
    }

    @Test("A write that throws after it changed a table's shape leaves nothing")
    func thrownAfterDefinition() async throws {
        let outcomes = try await together([
            { try Self.insert("before", $0) },
            {
                try $0.execute(sql: "CREATE TABLE undone (text TEXT)")
                throw Refused()
            },
            { try Self.insert("after", $0) },
        ])
        #expect(outcomes.map(\.isSuccess) == [true, false, true])
        #expect(try await store.read { try $0.tableExists("undone") } == false)
        #expect(try await texts() == ["before", "after"])
    }

    @Test("A write that throws before it changed anything does not make its neighbours run again")
    func thrownBeforeChanges() async throws {
        let runs = Mutex(0)
        let outcomes = try await together([
            { database in
                runs.withLock { $0 += 1 }
                try Self.insert("before", database)
            },
            { _ in throw Refused() },
            { database in
                runs.withLock { $0 += 1 }
                try Self.insert("after", database)
            },
        ])
        #expect(outcomes.map(\.isSuccess) == [true, false, true])
        #expect(runs.withLock { $0 } == 2)
        #expect(try await texts() == ["before", "after"])
    }

    @Test("A write that does not fit on a full disk is the only one to fail, and says why")
    func fullDisk() async throws {
        try await store.commit { database in
            // SQLite's own limit stands for the disk's: <https://www.sqlite.org/pragma.html#pragma_max_page_count>.
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages + 2)")
        }
        let outcomes = try await together([
            { try Self.insert("before", $0) },
            { try $0.execute(sql: "INSERT INTO notes VALUES (hex(zeroblob(100000)))") },
            { try Self.insert("after", $0) },
        ])
        #expect(outcomes[0].isSuccess && outcomes[2].isSuccess)
        #expect(outcomes[1].error as? SQLiteStoreError == .full(file: store.file))
        #expect(try await texts() == ["before", "after"])
    }

    @Test("A write that hides a rollback from its neighbours harms none of them")
    func hiddenRollback() async throws {
        let outcomes = try await together([
            { try Self.insert("before", $0) },
            { database in
                // The conflict clause rolls the whole transaction back.
                try? database.execute(sql: "INSERT OR ROLLBACK INTO notes VALUES (NULL)")
            },
            { try Self.insert("after", $0) },
        ])
        #expect(outcomes[0].isSuccess && outcomes[2].isSuccess)
        #expect(try await texts() == ["before", "after"])
    }

    @Test("A commit that fails as a whole is done again one by one, and only the guilty write fails")
    func failedCommit() async throws {
        try await store.commit { database in
            try database.execute(
                sql: """
                    CREATE TABLE parents (id INTEGER PRIMARY KEY);
                    CREATE TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
                    """)
        }
        let outcomes = try await together([
            { try Self.insert("before", $0) },
            // Checked at the commit, so that the write itself succeeds.
            { try $0.execute(sql: "INSERT INTO children VALUES (1)") },
            { try Self.insert("after", $0) },
        ])
        #expect(outcomes[0].isSuccess && outcomes[2].isSuccess)
        #expect(outcomes[1].error as? SQLiteStoreError == .failed(file: store.file, code: 787))
        #expect(try await texts() == ["before", "after"])
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM children") } == 0)
    }

    @Test(
        "Whatever mix of writes shares a commit, those that succeed are kept, in order, and no other", arguments: 0..<20
    )
    func anyMix(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let kinds = (0..<40).map { _ in Int.random(in: 0..<8, using: &random) }
        let outcomes = try await together(
            kinds.enumerated().map { number, kind in
                { database in
                    if kind == 0 { throw Refused(number: number) }
                    try Self.insert("\(number)", database)
                    if kind == 1 { throw Refused(number: number) }
                    if kind == 2 { try Self.insert("\(number)", database) }
                }
            })
        for (number, (kind, outcome)) in zip(kinds, outcomes).enumerated() {
            switch kind {
            case 0, 1: #expect(outcome.error as? Refused == Refused(number: number))
            case 2: #expect(outcome.error is SQLiteStoreError)
            default: #expect(outcome.isSuccess)
            }
        }
        #expect(try await texts() == kinds.indices.filter { kinds[$0] > 2 }.map(String.init))
    }

    /// Does writes in one shared transaction, in their order.
    private func together(
        _ writes: [@Sendable (Database) throws -> Void]
    ) async throws -> [Result<Void, any Error>] {
        let (held, hold) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        let store = store
        // Holds the writer until all others wait.
        async let holder: Void = store.commit { _ in
            hold.finish()
            gate.wait()
        }
        for await _ in held {}
        let outcomes = await withTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
            for (number, write) in writes.enumerated() {
                // Each runs until it waits for the writer before the next begins: so their order is known.
                group.addImmediateTask {
                    do { return (number, .success(try await store.commit(write))) } catch {
                        return (number, .failure(error))
                    }
                }
            }
            gate.signal()
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        try await holder
        return writes.indices.compactMap { outcomes[$0] }
    }

    private func texts() async throws -> [String] {
        try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes ORDER BY rowid") }
    }

    private static func insert(_ text: String, _ database: Database) throws {
        try database.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [text])
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
    fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}

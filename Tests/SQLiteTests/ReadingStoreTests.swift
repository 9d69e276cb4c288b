import Foundation
import GRDB
import SQLite
import TestSupport
import Testing

@Suite("A store that is opened for reading", .timeLimit(.minutes(1)))
struct ReadingStoreTests {
    private let folder: TemporaryFolder
    private var data: String { "\(folder.path)/data" }

    init() throws { folder = try TemporaryFolder() }

    private static let first: @Sendable (Database) throws -> Void = {
        try $0.execute(sql: "CREATE TABLE notes (text TEXT NOT NULL)")
    }
    private static let notes = Schema(name: "notes", migrations: [first])
    private static let newer = Schema(
        name: "notes", migrations: [first, { try $0.execute(sql: "ALTER TABLE notes ADD COLUMN author TEXT") }])

    private func write(_ text: String) async throws {
        let store = try SQLiteStore.open(folder: data, schemas: [Self.notes])
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [text]) }
        try store.close()
    }

    private func texts(_ store: SQLiteStore) async throws -> [String] {
        try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") }
    }

    @Test("makes nothing where there is none, and names the file")
    func absent() throws {
        for name in ["", "/deeper"] {
            let error = SQLiteStoreError.absent(file: "\(data)\(name)/sluice.sqlite")
            #expect(throws: error) { try SQLiteStore.openForReading(folder: data + name, schemas: [Self.notes]) }
            #expect(throws: error) { try SQLiteStore.openExisting(folder: data + name, schemas: [Self.notes]) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("is lost, not absent, where it was used before")
    func lost() async throws {
        try await write("kept")
        try FileManager.default.removeItem(atPath: data + "/sluice.sqlite")
        #expect(throws: SQLiteStoreError.lost(file: data + "/sluice.sqlite")) {
            try SQLiteStore.openForReading(folder: data, schemas: [Self.notes])
        }
    }

    @Test("reads one state, that of its opening, and writes nothing")
    func reads() async throws {
        try await write("first")
        let store = try SQLiteStore.openForReading(folder: data, schemas: [Self.notes])
        #expect(try await texts(store) == ["first"])
        try await write("second")
        #expect(try await texts(store) == ["first"])
        await #expect(throws: SQLiteStoreError.self) {
            try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('never')") }
        }
        try store.close()
        try await write("third")
        #expect(
            try await texts(SQLiteStore.openForReading(folder: data, schemas: [Self.notes]))
                == ["first", "second", "third"])
    }

    @Test("opens and reads while another has the write lock, also of a file without a log")
    func locked() async throws {
        try await write("first")
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: data + "/sluice.sqlite", configuration: configuration)
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
        }
        let start = ContinuousClock.now
        let store = try SQLiteStore.openForReading(folder: data, schemas: [Self.notes])
        #expect(try await texts(store) == ["first"])
        try store.close()
        #expect(ContinuousClock.now - start < .seconds(5))
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try other.close()
    }

    @Test("brings tables of an earlier version up to date first")
    func older() async throws {
        try await write("first")
        let store = try SQLiteStore.openForReading(folder: data, schemas: [Self.newer])
        #expect(
            try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes WHERE author IS NULL") } == 1)
        try store.close()
        #expect(throws: SQLiteStoreError.newer(file: data + "/sluice.sqlite", migration: "notes.2")) {
            try SQLiteStore.openForReading(folder: data, schemas: [Self.notes])
        }
    }

    @Test("refuses an older copy like any other")
    func olderCopy() async throws {
        try await write("first")
        try FileManager.default.copyItem(atPath: data + "/sluice.sqlite", toPath: data + "/copy")
        try await write("second")
        try FileManager.default.removeItem(atPath: data + "/sluice.sqlite")
        try FileManager.default.moveItem(atPath: data + "/copy", toPath: data + "/sluice.sqlite")
        #expect(throws: SQLiteStoreError.older(file: data + "/sluice.sqlite", missing: 1)) {
            try SQLiteStore.openForReading(folder: data, schemas: [Self.notes])
        }
    }
}

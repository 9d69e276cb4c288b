import Foundation
import GRDB
import SQLite
import TestSupport
import Testing

@Suite("A store whose file was moved, replaced or put back", .timeLimit(.minutes(1)))
struct StoreCopyTests {
    private let folder: TemporaryFolder
    private var data: URL { folder.url.appending(path: "data") }
    private var file: URL { data.appending(path: "sluice.sqlite") }

    init() throws { folder = try TemporaryFolder() }

    private static let notes = Schema(
        name: "notes",
        migrations: [
            {
                try $0.execute(
                    sql: "CREATE TABLE notes (text TEXT NOT NULL); CREATE INDEX by_text ON notes (text)")
            }
        ],
        audit: { try Bool.fetchOne($0, sql: "SELECT 1 FROM notes WHERE text = 'false'") == true ? "it lies" : nil })

    private func open(_ folder: URL? = nil) throws -> SQLiteStore {
        try SQLiteStore.open(folder: (folder ?? data).path, schemas: [Self.notes])
    }

    private func write(_ text: String, _ store: SQLiteStore) async throws {
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES (?)", arguments: [text]) }
    }

    private func move(_ from: String, _ to: String) throws {
        try FileManager.default.moveItem(atPath: "\(folder.path)/\(from)", toPath: "\(folder.path)/\(to)")
    }

    private func copy(_ from: String, _ to: String) throws {
        try? FileManager.default.removeItem(atPath: "\(folder.path)/\(to)")
        try FileManager.default.copyItem(atPath: "\(folder.path)/\(from)", toPath: "\(folder.path)/\(to)")
    }

    private func error(_ body: () async throws -> Void) async throws -> SQLiteStoreError {
        try #require(await #expect(throws: SQLiteStoreError.self) { try await body() })
    }

    @Test(
        "takes nothing, gives nothing and says so, until it is back",
        arguments: ["", "/sluice.sqlite", "/sluice.sqlite-wal", "/sluice.sqlite-shm"])
    func moved(part: String) async throws {
        let store = try open()
        try await write("before", store)
        var changes = store.changes().makeAsyncIterator()
        _ = try await changes.next()
        // Once with nothing in its place, and once with a copy.
        for leavesCopy in [false, true] {
            try move("data\(part)", "away")
            if leavesCopy { try copy("away", "data\(part)") }
            let found = try await error { try await write("lost", store) }
            guard case .displaced = found else { throw found }
            #expect("\(found)".contains("is no longer where it was") && !"\(found)".contains("\n"))
            _ = try await error { _ = try await store.read { try Int.fetchOne($0, sql: "SELECT 1") } }
            _ = try await error { while try await changes.next() != nil {} }
            _ = try await error { try store.check() }
            if leavesCopy { try FileManager.default.removeItem(atPath: "\(folder.path)/data\(part)") }
            try move("away", "data\(part)")
            changes = store.changes().makeAsyncIterator()
            _ = try await changes.next()
        }
        try await write("after", store)
        #expect(try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["before", "after"])
    }

    /// Replaces what is in a file, which stays the same file.
    private func overwrite(_ data: Data) throws {
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: data)
        try handle.close()
    }

    @Test("takes nothing, gives nothing and says so where an older copy was written into it", arguments: [true, false])
    func overwritten(isEmpty: Bool) async throws {
        let store = try open()
        try await write("old", store)
        try await store.read { _ = try Row.fetchAll($0, sql: "SELECT * FROM notes") }
        let old = try isEmpty ? Data() : Data(contentsOf: file)
        // In the log alone, so that nothing shows in the file itself.
        for number in 0..<20 { try await write("new \(number)", store) }
        try overwrite(old)
        for _ in 0..<2 {
            let found = try await error { try await write("lost", store) }
            guard case .displaced = found else { throw found }
            #expect("\(found)".contains("was written over while it was open"))
            _ = try await error { _ = try await store.read { try Int.fetchOne($0, sql: "SELECT 1") } }
        }
    }

    private func touch() throws {
        try FileManager.default.setAttributes([.modificationDate: Date.now + 100], ofItemAtPath: file.path)
    }

    @Test(
        "goes on where only the time of its file was set, but not where that was set after a copy was written into it")
    func touched() async throws {
        let store = try open()
        try await write("old", store)
        let old = try Data(contentsOf: file)
        for number in 0..<3 {
            try touch()
            try store.check()
            try await write("new \(number)", store)
            try touch()
        }
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == 4)
        try touch()
        try overwrite(old)
        try touch()
        for _ in 0..<3 {
            let found = try await error { try await write("lost", store) }
            guard case .displaced = found else { throw found }
            _ = try await error { try store.check() }
            try touch()
        }
    }

    @Test("is not taken for written over while several processes move their log into it")
    func checkpoints() async throws {
        let stores = [try open(), try open()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores {
                for _ in 0..<4 {
                    group.addTask {
                        for number in 0..<200 {
                            try await write("\(number) \(String(repeating: "x", count: 2000))", store)
                            try store.check()
                        }
                    }
                }
            }
            group.addTask {
                let shell = try DatabaseQueue(path: file.path)
                for _ in 0..<100 {
                    try await shell.writeWithoutTransaction { _ = try Row.fetchOne($0, sql: "PRAGMA wal_checkpoint") }
                    try stores[0].check()
                }
                try shell.close()
            }
            try await group.waitForAll()
        }
        for store in stores { try store.close() }
    }

    @Test("that was deleted under its process is not begun anew by it")
    func deleted() async throws {
        let store = try open()
        try FileManager.default.removeItem(at: data)
        _ = try await error { try await write("lost", store) }
        #expect(!FileManager.default.fileExists(atPath: data.path))
    }

    @Test("is refused where an older copy of the file alone was put back, until somebody says to go on with it")
    func older() async throws {
        var store = try open()
        try await write("a", store)
        try store.close()
        try copy("data/sluice.sqlite", "copy")
        store = try open()
        for text in ["b", "c"] { try await write(text, store) }
        try store.close()
        try copy("copy", "data/sluice.sqlite")
        for _ in 0..<2 {
            let found = try await error { _ = try open() }
            #expect(found == .older(file: file.path, missing: 2))
            #expect("\(found)".contains("remove the file `head` beside it"))
        }
        try FileManager.default.removeItem(at: data.appending(path: "head"))
        #expect(try await open().read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["a"])
    }

    @Test("is refused where the file was copied from under a process, without its log")
    func copiedWhileOpen() async throws {
        let store = try open()
        try await write("a", store)
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "copy"), withIntermediateDirectories: true)
        for name in ["sluice.sqlite", "head", "start.lock"] { try copy("data/\(name)", "copy/\(name)") }
        let found = try await error { _ = try open(folder.url.appending(path: "copy")) }
        guard case .older = found else { throw found }
        // With its log it is whole.
        try copy("data/sluice.sqlite-wal", "copy/sluice.sqlite-wal")
        let copied = try open(folder.url.appending(path: "copy"))
        #expect(try await copied.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["a"])
    }

    @Test("is refused where an older copy lies beside the log that a killed process left", arguments: [1, 12])
    func besideLog(generations: Int) async throws {
        var store = try open()
        for number in 0..<200 { try await write("old \(number) \(UUID())", store) }
        try store.close()
        try copy("data/sluice.sqlite", "copy")
        store = try open()
        var count = 200
        for _ in 0..<generations {
            for _ in 0..<8 {
                try await store.commit { database in
                    for _ in 0..<60 {
                        try database.execute(
                            sql: "INSERT INTO notes VALUES (?)",
                            arguments: ["\(UUID()) " + String(repeating: "x", count: 300)])
                    }
                }
                count += 60
            }
        }
        // As a kill would leave it, but for the file.
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "killed"), withIntermediateDirectories: true)
        for name in ["sluice.sqlite-wal", "head", "start.lock"] { try copy("data/\(name)", "killed/\(name)") }
        try copy("copy", "killed/sluice.sqlite")
        do {
            let put = try open(folder.url.appending(path: "killed"))
            // Only where the log has everything since the copy.
            #expect(try await put.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM notes") } == count)
            #expect(generations == 1)
        } catch let error as SQLiteStoreError {
            switch error {
            case .older, .notWhole, .damaged: #expect(!"\(error)".contains("\n"))
            default: throw error
            }
        }
        // The log of another database is no log of this one.
        try FileManager.default.removeItem(atPath: "\(folder.path)/killed/head")
        try store.close()
    }

    @Test("is refused where another store's file was put in its place")
    func swapped() async throws {
        try open().close()
        let other = try open(folder.url.appending(path: "other"))
        for number in 0..<5 { try await write("\(number)", other) }
        try other.close()
        try copy("other/sluice.sqlite", "data/sluice.sqlite")
        #expect(try await error { _ = try open() } == .swapped(file: file.path))
    }

    @Test("is looked through where its log was left, or nothing says how far it had come, and else is not")
    func audited() async throws {
        let store = try open()
        try await write("false", store)
        try store.close()
        // Ended well: nobody looks.
        try open().close()
        try FileManager.default.removeItem(at: data.appending(path: "head"))
        let found = try await error { _ = try open() }
        #expect(found == .notWhole(file: file.path, reason: "it lies"))
        #expect("\(found)".hasSuffix("put a whole copy back, both from one moment"))
    }

    @Test("goes on after a process that was killed")
    func killed() async throws {
        let store = try open()
        try await write("kept", store)
        try copy("data", "killed")
        let next = try open(folder.url.appending(path: "killed"))
        #expect(try await next.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["kept"])
        try await write("more", next)
        try next.close()
        try open(folder.url.appending(path: "killed")).close()
    }

    @Test("of an earlier version that another process has open is refused, and left as it was")
    func inUse() async throws {
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let old = try DatabasePool(path: file.path)
        try await old.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('notes.1');
                    CREATE TABLE notes (text TEXT NOT NULL);
                    INSERT INTO notes VALUES ('old');
                    """)
        }
        #expect(try await error { _ = try open() } == .inUse(file: file.path))
        #expect(try await old.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM grdb_migrations") } == 1)
        try old.close()
        let store = try open()
        #expect(try await store.read { try String.fetchAll($0, sql: "SELECT text FROM notes") } == ["old"])
    }
}

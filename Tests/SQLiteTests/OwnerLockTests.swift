import Foundation
import GRDB
import SQLite
import TestSupport
import Testing

@Suite("OwnerLock", .timeLimit(.minutes(1)))
struct OwnerLockTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> SQLiteStore { try SQLiteStore.open(folder: folder.path, schemas: []) }

    @Test("An owner lives while its lock is held, in the same process too, and not after")
    func released() throws {
        let stores = [try open(), try open()]
        let files = try stores.map { try #require($0.owners) }
        var lock: OwnerLock? = try OwnerLock(id: "a", file: files[0])
        #expect(lock?.id == "a")
        for file in files { #expect(file.isAlive("a") && !file.isAlive("nobody")) }
        lock = nil
        for file in files { #expect(!file.isAlive("a")) }
    }

    @Test("Two owners cannot have one name")
    func taken() throws {
        let stores = [try open(), try open()]
        let files = try stores.map { try #require($0.owners) }
        let lock = try OwnerLock(id: "a", file: files[0])
        #expect(throws: OwnerLock.Taken.self) { try OwnerLock(id: "a", file: files[1]) }
        #expect(files[1].isAlive(lock.id))
    }

    @Test("An owner outlives the store of another, and whatever is removed from the folder but the file")
    func removed() async throws {
        let store = try open()
        let file = try #require(store.owners)
        let lock = try OwnerLock(id: "a", file: file)
        for _ in 0..<3 {
            let other = try open()
            try await other.commit { try $0.execute(sql: "CREATE TABLE IF NOT EXISTS t (x)") }
            try other.close()
        }
        for name in ["owners", "start.lock", "head"] {
            try? FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        }
        #expect(file.isAlive(lock.id))
        try await store.commit { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
    }

    @Test("The locks of earlier versions are tidied away where nobody can hold one")
    func tidies() throws {
        let old = folder.url.appending(path: "owners")
        try FileManager.default.createDirectory(at: old, withIntermediateDirectories: true)
        try Data().write(to: old.appending(path: "dead.owner"))
        let first = try open()
        #expect(!FileManager.default.fileExists(atPath: old.path))
        try FileManager.default.createDirectory(at: old, withIntermediateDirectories: true)
        let second = try open()
        #expect(FileManager.default.fileExists(atPath: old.path))
        withExtendedLifetime((first, second)) {}
    }
}

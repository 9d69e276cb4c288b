import Foundation
import SQLite
import TestSupport
import Testing

@Suite("OwnerLock")
struct OwnerLockTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("An owner lives while its lock is held, in the same process too, and not after")
    func released() throws {
        var lock: OwnerLock? = try OwnerLock(id: "a", folder: folder.path)
        #expect(lock?.id == "a")
        #expect(OwnerLock.isAlive("a", folder: folder.path))
        #expect(OwnerLock.isAlive("a", folder: folder.path))
        lock = nil
        #expect(!OwnerLock.isAlive("a", folder: folder.path))
    }

    @Test("An owner that never was is dead")
    func unknown() {
        #expect(!OwnerLock.isAlive("nobody", folder: folder.path))
    }

    @Test("Two owners cannot have one name")
    func taken() throws {
        let lock = try OwnerLock(id: "a", folder: folder.path)
        #expect(throws: FileLock.Failure.taken) { try OwnerLock(id: "a", folder: folder.path) }
        #expect(OwnerLock.isAlive(lock.id, folder: folder.path))
    }

    @Test("Where nobody can tell, an owner is taken to be alive")
    func unreadable() throws {
        let file = "\(folder.path)/file"
        try Data().write(to: URL(filePath: file))
        #expect(OwnerLock.isAlive("a", folder: file))
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/b.owner", withIntermediateDirectories: true)
        #expect(OwnerLock.isAlive("b", folder: folder.path))
    }

    @Test("A new owner removes the files of dead ones, and no others")
    func tidies() throws {
        let living = try OwnerLock(id: "living", folder: folder.path)
        try Data().write(to: folder.url.appending(path: "dead.owner"))
        try Data().write(to: folder.url.appending(path: "notes.txt"))
        let new = try OwnerLock(id: "new", folder: folder.path)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                == ["living.owner", "new.owner", "notes.txt"])
        #expect(OwnerLock.isAlive(living.id, folder: folder.path))
        #expect(OwnerLock.isAlive(new.id, folder: folder.path))
    }

    @Test("A lock is never on a file that was removed while it was taken", .timeLimit(.minutes(1)))
    func removedMeanwhile() async throws {
        // Owners come and go while another takes each of their files for a dead one's.
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<2_000 {
                    guard let lock = try? FileLock(path: "\(folder.path)/n\(number).owner") else { continue }
                    #expect(OwnerLock.isAlive("n\(number)", folder: folder.path))
                    _ = consume lock
                }
            }
            group.addTask {
                for number in 0..<2_000 { _ = OwnerLock.isAlive("n\(number)", folder: folder.path) }
            }
        }
    }

    @Test("An owner whose process is killed is dead at once", .timeLimit(.minutes(1)))
    func killed() async throws {
        let child = Process()
        child.executableURL = URL(filePath: "/usr/bin/flock")
        let output = Pipe()
        // The shell becomes `sleep`, so that the lock's only holders are flock itself and that one child of it.
        child.arguments = ["--no-fork", "\(folder.path)/c.owner", "/bin/sh", "-c", "echo held; exec sleep 60"]
        child.standardOutput = output
        let (ended, end) = AsyncStream<Void>.makeStream()
        child.terminationHandler = { _ in end.finish() }
        try child.run()
        // Blocks until the child has said that it holds the lock.
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(OwnerLock.isAlive("c", folder: folder.path))
        kill(child.processIdentifier, SIGKILL)
        for await _ in ended {}
        #expect(!OwnerLock.isAlive("c", folder: folder.path))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/c.owner"))
    }
}

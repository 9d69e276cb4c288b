import FoundationEssentials
import Glibc

/// Proof that the owner of a piece of work is alive: a locked file that the kernel unlocks when the process dies.
///
/// No clock and no heartbeat are involved: what a process held can be taken over the moment it is gone, and never
/// while it lives, be it ever so slow.
package final class OwnerLock: Sendable {
    /// Names the owner in the tables.
    package let id: String

    private let path: String
    private let lock: FileLock

    private static let suffix = ".owner"

    /// Makes a new owner, and removes the files of dead ones.
    ///
    /// - Parameters:
    ///   - id: Its name, unlike that of any other owner.
    ///   - folder: Where the files lie, a folder that exists; the same for all processes that share the work.
    /// - Throws: ``FileLock/Failure``; ``FileLock/Failure/taken`` where another owner has this name.
    package init(id: String, folder: String) throws(FileLock.Failure) {
        self.id = id
        path = Self.path(id, in: folder)
        // One who tidies up may take the new file for a dead owner's, and has it for a moment.
        lock = try FileLock(path: path, waitSeconds: 1)
        // A process that was killed leaves its file, and may have left nothing else that anybody would ask about. Where the
        // folder cannot be read, nothing is lost but tidiness.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for file in files where file.hasSuffix(Self.suffix) {
            _ = Self.isAlive(String(file.dropLast(Self.suffix.count)), folder: folder)
        }
    }

    /// Removes the file: an owner without one is dead.
    deinit {
        unsafe unlink(path)
    }

    /// Whether the owner's process still runs; the file of a dead one is removed.
    package static func isAlive(_ id: String, folder: String) -> Bool {
        let path = path(id, in: folder)
        // Only a file that is surely not there speaks of death; a folder that cannot be read says nothing.
        guard unsafe access(path, F_OK) == 0 else { return errno != ENOENT }
        do {
            // Held until the file is gone, so that no other process finds a file without a lock.
            let lock = try FileLock(path: path)
            unsafe unlink(path)
            _ = consume lock
            return false
        } catch {
            // Taken: alive. Not to be opened: nobody can tell, and a living owner's work must not be taken.
            return true
        }
    }

    private static func path(_ id: String, in folder: String) -> String { "\(folder)/\(id)\(suffix)" }
}

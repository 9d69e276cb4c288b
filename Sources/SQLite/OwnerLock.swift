/// Proof that the owner of a piece of work is alive: a lock on the database file that the kernel drops when the process dies.
///
/// No clock and no heartbeat are involved: what a process held can be taken over the moment it is gone, and never
/// while it lives, be it ever so slow. No file that somebody could remove is involved either.
package final class OwnerLock: Sendable {
    /// Another owner has this name, or the system gives no lock.
    package struct Taken: Error {}

    /// Names the owner in the tables.
    package let id: String

    private let file: OpenFile

    /// Makes a new owner.
    ///
    /// - Parameters:
    ///   - id: Its name, unlike that of any other owner.
    ///   - file: The database file, the same for all processes that share the work.
    /// - Throws: ``Taken``.
    package init(id: String, file: OpenFile) throws(Taken) {
        guard file.claim(id) else { throw Taken() }
        self.id = id
        self.file = file
    }

    deinit { file.release(id) }
}

import Glibc

/// An exclusive lock on a file, which the kernel drops when the process ends, however it ends.
///
/// Locks belong to the opened file, not to the process: two of them exclude each other in one process too
/// (<https://man7.org/linux/man-pages/man2/flock.2.html>).
package struct FileLock: ~Copyable {
    /// Short against opening a store, long against asking the kernel.
    private static let pauseMicroseconds: UInt32 = 5_000

    private let descriptor: Int32

    /// Why a file could not be locked.
    package enum Failure: Error, Hashable {
        /// Somebody else has it.
        case taken
        /// It cannot be opened or created.
        case cannotOpen(reason: String)
    }

    /// Opens or creates the file and locks it.
    ///
    /// - Parameters:
    ///   - path: The file, in a folder that exists.
    ///   - waitSeconds: How long to block while somebody else has it. Wait so only at start.
    /// - Throws: ``Failure/taken`` when the wait is over.
    package init(path: String, waitSeconds: Double = 0) throws(Failure) {
        let end = ContinuousClock.now + .seconds(waitSeconds)
        while true {
            let descriptor = try Self.locked(path, until: end)
            // Another may have removed the file between its opening and its locking: a lock on it would exclude nobody.
            if Self.stands(descriptor, at: path) {
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
    }

    private static func locked(_ path: String, until end: ContinuousClock.Instant) throws(Failure) -> Int32 {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotOpen(reason: systemReason(errno)) }
        // A lock with a time limit does not exist: a process that was stopped while it held one would stop all others.
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            if reason == EINTR { continue }
            guard reason == EWOULDBLOCK, ContinuousClock.now < end else {
                close(descriptor)
                throw reason == EWOULDBLOCK ? .taken : .cannotOpen(reason: systemReason(reason))
            }
            usleep(Self.pauseMicroseconds)
        }
        return descriptor
    }

    private static func stands(_ descriptor: Int32, at path: String) -> Bool {
        var opened = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    /// What stands in the file, up to 64 bytes.
    var content: String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Writes a short text to the start of the file, durably.
    ///
    /// - Throws: ``Failure/cannotOpen(reason:)`` where the disk does not take it.
    func write(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        guard unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, fsync(descriptor) == 0 else {
            throw .cannotOpen(reason: systemReason(errno))
        }
    }

    deinit {
        close(descriptor)
    }
}

/// What the system says about an error number, such as `Permission denied`.
package func systemReason(_ number: Int32) -> String {
    unsafe String(cString: strerror(number))
}

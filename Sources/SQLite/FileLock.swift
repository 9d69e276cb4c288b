import Glibc

/// An exclusive lock on a file, which the kernel drops when the process ends, however it ends.
///
/// Locks belong to the opened file, not to the process: two of them exclude each other in one process too
/// (<https://man7.org/linux/man-pages/man2/flock.2.html>).
package struct FileLock: ~Copyable {
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
    /// - Parameter waits: Whether to block until the lock is free. Lock so only at start, or for a moment.
    package init(path: String, waits: Bool) throws(Failure) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotOpen(reason: systemReason(errno)) }
        var outcome: Int32
        repeat {
            outcome = flock(descriptor, LOCK_EX | (waits ? 0 : LOCK_NB))
        } while outcome != 0 && errno == EINTR
        guard outcome == 0 else {
            let reason = errno
            close(descriptor)
            throw reason == EWOULDBLOCK ? .taken : .cannotOpen(reason: systemReason(reason))
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}

/// What the system says about an error number, such as `Permission denied`.
package func systemReason(_ number: Int32) -> String {
    unsafe String(cString: strerror(number))
}

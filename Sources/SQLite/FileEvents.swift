import Glibc

/// What the kernel tells of an open file, from whichever process (<https://man7.org/linux/man-pages/man7/inotify.7.html>).
final class FileEvents: Sendable {
    /// What was done to a file.
    struct Seen: Sendable {
        /// Bytes of it were written, or it was cut.
        var isWritten = false
        /// Something about it was set, such as its time.
        var isTouched = false
    }

    private let descriptor: Int32

    /// Begins to watch an open file; nil where the kernel gives no watch, of which each user has few.
    init?(of file: Int32) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let watch = unsafe inotify_add_watch(
            descriptor, "/proc/self/fd/\(file)", UInt32(IN_MODIFY) | UInt32(IN_ATTRIB))
        guard watch >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    /// What was done since the last call: all that had ended by the time of this one.
    func take() -> Seen {
        var seen = Seen()
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return seen }
            var start = 0
            while start + MemoryLayout<inotify_event>.size <= count {
                let event = unsafe bytes.withUnsafeBytes {
                    unsafe $0.loadUnaligned(fromByteOffset: start, as: inotify_event.self)
                }
                // Events that found no room may have been anything.
                if event.mask & (UInt32(IN_MODIFY) | UInt32(IN_Q_OVERFLOW)) != 0 { seen.isWritten = true }
                if event.mask & UInt32(IN_ATTRIB) != 0 { seen.isTouched = true }
                start += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
    }
}

import Glibc

/// Tells whether SQLite or somebody else wrote to a database file in WAL mode.
///
/// SQLite writes to the file itself only when it moves its log there, and notes in the log's index that it does
/// (<https://www.sqlite.org/walformat.html>, 2.3, and `WalCkptInfo` of <https://www.sqlite.org/src/file/src/wal.c>). A file that
/// changes otherwise was written over where it lies: a copy that was put back while a process has it open. Where only its time
/// was set, as by `touch`, the kernel tells of that and of no write; where the kernel does not tell, that counts as a write.
struct FileWrites: Sendable {
    /// When the file was last written, and how long it is.
    private struct State: Hashable {
        let seconds: Int
        let nanoseconds: Int
        let size: Int
    }

    /// What the index says of the log and of how far it was moved.
    private struct Moves: Hashable {
        /// The log's number and salts.
        let log: [UInt8]
        let done: [UInt8]
        let begun: [UInt8]
        var isUnderWay: Bool { done != begun }
    }

    private var state: State?
    private var moves: Moves?
    private var events: FileEvents?
    /// Whether the file's time was set since ``state``.
    private var isTouched = false
    /// Whether somebody else has written to the file; nothing mends that.
    private var isForeign = false

    /// Looks once more.
    ///
    /// - Parameters:
    ///   - file: The open database file.
    ///   - index: The open index of its log.
    /// - Returns: Whether all writes since the last look may have been SQLite's.
    mutating func look(file: Int32, index: Int32) -> Bool {
        if state == nil { events = FileEvents(of: file) }
        // Before and after: what is written while one looks is nobody else's either.
        guard let before = Self.moves(index), let now = Self.state(file) else { return false }
        let seen = events?.take() ?? FileEvents.Seen()
        guard let after = Self.moves(index) else { return false }
        isTouched = isTouched || seen.isTouched
        let isMoved = state == nil || after.isUnderWay || after != moves
        // A write that was not over when its time was taken for a touch's is told of by its end.
        if seen.isWritten, !isMoved { isForeign = true }
        guard !isForeign, isMoved || state == now || isTouched else { return false }
        (state, moves, isTouched) = (now, before, false)
        return true
    }

    private static func state(_ file: Int32) -> State? {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return nil }
        return State(
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, size: Int(status.st_size))
    }

    private static func moves(_ index: Int32) -> Moves? {
        // Two headers of 48 bytes, each with the salts at 32; then how far the log was moved, and at 128 how far that was
        // begun.
        var bytes = [UInt8](repeating: 0, count: 136)
        guard unsafe pread(index, &bytes, bytes.count, 0) == bytes.count else { return nil }
        return Moves(log: Array(bytes[32..<40]), done: Array(bytes[96..<100]), begun: Array(bytes[128..<132]))
    }
}

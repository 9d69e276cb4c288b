import FoundationEssentials
import Glibc

/// Reads files and standard input of unknown length.
enum StandardInput {
    /// Why something cannot be read, as the system says it.
    struct Unreadable: Error {
        let reason: String
    }

    /// Reads standard input to the end, or one byte more than anybody may want.
    ///
    /// Blocks until the other side is done: read before anything else runs.
    ///
    /// - Parameter bytesMax: How much is wanted at most.
    /// - Returns: The bytes; more than `bytesMax` where there was more.
    /// - Throws: ``CommandFailure`` where it cannot be read.
    static func read(atMost bytesMax: Int) throws -> Data {
        do {
            return try read(STDIN_FILENO, atMost: bytesMax)
        } catch let error as Unreadable {
            throw CommandFailure.failed(
                "standard input cannot be read (\(error.reason)); give it a file of text, or write the text itself")
        }
    }

    /// Reads a descriptor likewise.
    ///
    /// - Throws: ``Unreadable``.
    static func read(_ descriptor: Int32, atMost bytesMax: Int) throws -> Data {
        var (bytes, piece) = (Data(), [UInt8](repeating: 0, count: 65_536))
        while bytes.count <= bytesMax {
            let wanted = min(piece.count, bytesMax + 1 - bytes.count)
            let count = unsafe Glibc.read(descriptor, &piece, wanted)
            if count > 0 {
                bytes += piece.prefix(count)
            } else if count == 0 {
                break
            } else if errno == EAGAIN {
                // Whoever shares it does not block on it.
                var more = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = unsafe poll(&more, 1, -1)
            } else if errno != EINTR {
                throw Unreadable(reason: unsafe String(cString: strerror(errno)))
            }
        }
        return bytes
    }
}

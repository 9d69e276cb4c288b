import Foundation

/// Reads files and standard input of unknown length.
enum StandardInput {
    /// Reads to the end, or one byte more than anybody may want.
    ///
    /// Blocks until the other side is done: read before anything else runs.
    ///
    /// - Parameters:
    ///   - handle: Where to read.
    ///   - bytesMax: How much is wanted at most.
    /// - Returns: The bytes; more than `bytesMax` where there was more.
    /// - Throws: Where it cannot be read.
    static func read(_ handle: FileHandle = .standardInput, atMost bytesMax: Int) throws -> Data {
        var bytes = Data()
        while bytes.count <= bytesMax, let more = try handle.read(upToCount: bytesMax + 1 - bytes.count), !more.isEmpty
        {
            bytes += more
        }
        return bytes
    }
}

import Glibc
import Synchronization

/// Lines to a file descriptor, each whole: those of several threads never mix.
package final class LineOutput: Sendable {
    /// The standard output of the process.
    package static let standardOutput = LineOutput(descriptor: STDOUT_FILENO)
    /// The standard error of the process.
    package static let standardError = LineOutput(descriptor: STDERR_FILENO)

    private let descriptor: Int32
    private let turn = Mutex(())

    /// Makes an output; the descriptor stays its owner's.
    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Whether a person reads along.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes a line and its end.
    ///
    /// Waits where the reader is slow; where the reader is gone, nobody is left to tell.
    package func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        turn.withLock { _ in
            var written = 0
            while written < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                    return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                }
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}

import Glibc

/// Lines to a file descriptor, each whole, that a thread of its own writes.
///
/// Whoever writes a line never waits for its reader. What is not read yet waits in a buffer of ``bufferBytesMax``; what
/// finds no room there is dropped and counted, and one line says how many were, as soon as somebody reads on.
package final class LineOutput: Sendable {
    /// The standard output of the process.
    package static let standardOutput = LineOutput(descriptor: STDOUT_FILENO)
    /// The standard error of the process.
    package static let standardError = LineOutput(descriptor: STDERR_FILENO)

    /// Minutes of a busy host's log; as much again may be on its way to the reader.
    package static let bufferBytesMax = 1 << 20

    private let descriptor: Int32
    private let writer: LineWriter

    /// Makes an output; the descriptor stays its owner's.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        writer = LineWriter(descriptor: descriptor, bytesMax: Self.bufferBytesMax)
        writer.start()
    }

    deinit { writer.close() }

    /// Whether a person reads along.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Takes a line and its end; returns at once.
    package func write(_ line: String) { writer.add(line) }

    /// Waits until all lines are written that were taken until now.
    ///
    /// - Parameter limit: The longest wait; a reader may never come back.
    /// - Returns: Whether they are.
    @discardableResult
    package func flush(within limit: Duration) -> Bool { writer.flush(within: limit) }

    /// Sets how the line reads that says how many were dropped; a sentence by default.
    package func describeDrops(_ line: @escaping @Sendable (_ count: Int) -> String) { writer.describeDrops(line) }

    /// Waits for the lines of standard output and standard error likewise.
    package static func flushStandard(within limit: Duration) {
        let end = ContinuousClock.now + limit
        standardOutput.flush(within: limit)
        standardError.flush(within: max(.zero, end - .now))
    }
}

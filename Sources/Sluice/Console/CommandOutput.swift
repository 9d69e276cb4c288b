import Documents
import FoundationEssentials
import Glibc
import Synchronization

/// Data goes to stdout, messages to stderr.
enum CommandOutput {
    /// Why something could not be written; looked at when the command ends.
    static let failure = Mutex<String?>(nil)

    /// Writes all of a text to stdout.
    static func data(_ text: String) { write(Data(text.utf8), to: STDOUT_FILENO) }

    /// Writes all of some bytes to stdout.
    static func data(_ bytes: Data) { write(bytes, to: STDOUT_FILENO) }

    /// Writes a line to stderr.
    static func message(_ line: String) { messagePart(line + "\n") }

    /// Writes a text to stderr that is no whole line.
    static func messagePart(_ text: String) { write(Data(text.utf8), to: STDERR_FILENO) }

    /// The width of the terminal on stdout, between 40 and 100; 80 elsewhere.
    static var width: Int { min(100, max(40, size?.columns ?? 80)) }

    /// The lines of the terminal on stdout; 24 elsewhere.
    static var rows: Int { size?.rows ?? 24 }

    /// What a table on stdout is shown on.
    static var terminal: Terminal {
        Terminal(environment: ProcessInfo.processInfo.environment, columns: size?.columns)
    }

    private static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
        else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private static func write(_ bytes: Data, to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                // Where the reader is gone nobody is left to tell; half an output on a full disk is no success.
                if errno != EPIPE {
                    let reason = unsafe String(cString: strerror(errno))
                    failure.withLock { $0 = $0 ?? "the output cannot be written: \(reason)" }
                }
                return
            }
        }
    }
}

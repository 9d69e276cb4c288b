import Foundation

/// Starts other programs.
package enum ChildProcess {
    private static let starting = NSLock()

    /// A program did not end well.
    package struct Failed: Error, CustomStringConvertible {
        /// Its name, and what it said on the standard error.
        package let description: String
    }

    /// Runs a closure that makes pipes and starts a process, alone.
    ///
    /// Foundation may leave its own ends of pipes open in other processes that are started at the same moment, and then
    /// nobody sees the end of what one said.
    package static func start<Value>(_ body: () throws -> Value) rethrows -> Value {
        try starting.withLock(body)
    }

    /// Runs a program, found by `PATH`, to its end.
    ///
    /// - Throws: ``Failed`` where its status is not 0.
    package static func run(_ command: [String]) async throws {
        let output = try start {
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(filePath: "/bin/bash")
            // The status comes through the pipe: Foundation sees the end of a process by a socket, which other programs
            // that were started meanwhile may hold open for as long as they run.
            process.arguments = ["-c", #""$@"; echo $? >&2"#, "child"] + command
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = output
            try process.run()
            return output
        }
        let said = await withCheckedContinuation { continuation in
            // A thread, because reading blocks.
            Thread.detachNewThread {
                continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
            }
        }
        let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
        guard lines.last == "0" else {
            throw Failed(description: "\(command.first ?? ""): \(lines.dropLast().joined(separator: "\n"))")
        }
    }
}

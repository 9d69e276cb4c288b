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
        let (process, output) = try start {
            let (process, output) = (Process(), Pipe())
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = command
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = output
            try process.run()
            return (process, output)
        }
        let said = await withCheckedContinuation { continuation in
            // A thread, because reading and waiting block.
            Thread.detachNewThread {
                let said = output.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: said)
            }
        }
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(command.first ?? ""): \(String(decoding: said, as: UTF8.self))")
        }
    }
}

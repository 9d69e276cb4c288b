import Foundation
import TestSupport

/// A running server, and the shell that kills it when this process ends, however it ends.
final class ChromaProcess: Sendable {
    private static let script = """
        trap '' HUP INT TERM
        folder=$1; shift
        cd "$folder" || exit
        "$@" </dev/null >>"$folder/console" 2>&1 &
        echo $!
        read -r word
        kill -KILL $! 2>/dev/null
        wait $! 2>/dev/null
        [ "$word" = keep ] || rm -rf "$folder"
        """

    /// The server's own.
    let id: pid_t
    private let shell: Process
    private let input: Pipe
    private let output: Pipe

    /// Starts the server; it may not answer yet.
    ///
    /// - Parameters:
    ///   - command: The server.
    ///   - folder: Where it runs.
    ///   - environment: All of its environment.
    /// - Throws: ``ChromaNotStarted``, or where no process can be made.
    init(_ command: [String], folder: String, environment: [String: String]) throws {
        (shell, input, output) = try ChildProcess.start {
            let (shell, input, output) = (Process(), Pipe(), Pipe())
            // Our death closes the pipe. Not `sh`: it never wakes from `wait` where our threads block SIGCHLD.
            shell.executableURL = URL(filePath: "/bin/bash")
            shell.arguments = ["-c", Self.script, "chroma-test-server", folder] + command
            shell.environment = environment
            shell.standardInput = input
            shell.standardOutput = output
            shell.standardError = FileHandle.nullDevice
            try shell.run()
            return (shell, input, output)
        }
        // The shell says it at once.
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let id = pid_t(said.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw ChromaNotStarted(log: "its shell said \(said)")
        }
        self.id = id
    }

    deinit { try? input.fileHandleForWriting.close() }

    /// Kills the server, and waits until it is gone; its folder stays.
    func kill() async {
        try? input.fileHandleForWriting.write(contentsOf: Data("keep\n".utf8))
        try? input.fileHandleForWriting.close()
        let output = output
        await withCheckedContinuation { continuation in
            // A thread, because reading blocks. The shell's end is the pipe's.
            Thread.detachNewThread {
                while !output.fileHandleForReading.availableData.isEmpty {}
                continuation.resume()
            }
        }
    }
}

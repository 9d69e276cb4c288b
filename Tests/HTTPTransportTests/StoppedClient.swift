import Foundation
import TestSupport

/// A `ClientStopHelper` beside this process, which can be stopped and goes on.
final class StoppedClient: Sendable {
    private let process = Process()
    private let output = Pipe()

    /// Lets it ask once.
    init(url: String, timeout: Duration) throws {
        // Beside the test bundle.
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "ClientStopHelper")
        process.arguments = [url, "\(Int(timeout / .milliseconds(1)))"]
        process.standardOutput = output
        try ChildProcess.start { try process.run() }
    }

    /// No test leaves a process behind.
    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Stops it, and waits until it stands still.
    func stop() async throws {
        kill(process.processIdentifier, SIGSTOP)
        // No event of Foundation tells; the state follows the name, see proc_pid_stat(5).
        let file = "/proc/\(process.processIdentifier)/stat"
        while try !String(contentsOfFile: file, encoding: .utf8).contains(") T ") {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func goOn() { kill(process.processIdentifier, SIGCONT) }

    /// What it printed until its end.
    func said() async -> (ending: String, milliseconds: Int) {
        let output = await withCheckedContinuation { continuation in
            // A thread, because reading blocks.
            Thread.detachNewThread { [pipe = self.output] in
                continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile())
            }
        }
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        return (String(lines.first ?? ""), lines.last.flatMap { Int($0) } ?? -1)
    }
}

import Foundation

/// Runs a Python script to its end.
package enum PythonRun {
    /// The Python that `script/test` has set up; nil where it has not.
    package static let python = ProcessInfo.processInfo.environment["SLUICE_PYTHON"]

    /// What the script printed; its errors go to this process's own standard error.
    package static func output(of script: String, python: String, argument: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", script, argument]
        process.environment = ["NO_PROXY": "127.0.0.1", "PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true"]
        let pipe = Pipe()
        process.standardOutput = pipe
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in
                // The script prints a few lines, which a pipe holds.
                let output = pipe.fileHandleForReading.readDataToEndOfFile()
                continuation.resume(returning: String(decoding: output, as: UTF8.self))
            }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }
}

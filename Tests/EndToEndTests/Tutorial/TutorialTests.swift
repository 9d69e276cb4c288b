import Foundation
import TestSupport
import Testing

@Suite("The tutorial", .timeLimit(.minutes(40)))
struct TutorialTests {
    /// The reader's terminal: where it is, and what was said to it.
    private final class Reader {
        private let home: TemporaryFolder
        private var folder: URL
        private var exports: [String: String]
        private var emulator: SluiceProcess?
        private var port = "9000"
        private let began = ContinuousClock.now

        init() throws {
            home = try TemporaryFolder()
            folder = home.url.appending(path: "empty")
            let programs = home.url.appending(path: "bin")
            for place in [folder, programs] {
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(
                atPath: programs.path + "/sluice", withDestinationPath: SluiceProcess.binary)
            // AWS's own client lies beside the Python that `script/test` has set up.
            let python = URL(filePath: try #require(PythonRun.python)).deletingLastPathComponent().path
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            exports = [
                "PATH": "\(programs.path):\(python):\(path)", "XDG_STATE_HOME": home.path + "/state",
                "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true",
            ]
        }

        func write(_ text: String, to path: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: path))
        }

        func type(_ command: String, output: String) async throws {
            let words = command.split(separator: " ").map(String.init)
            if words.first == "cd" { return folder.append(path: words[1]) }
            if words.first == "export" {
                for assignment in words.dropFirst() {
                    let parts = assignment.split(separator: "=", maxSplits: 1)
                    exports[String(parts[0])] = String(parts[1])
                }
                return
            }
            if words.last == "emulate" { return try await emulate(words[0]) }
            if !Campaign.isLong, command == "script/test" || command == "swift build" {
                return try await SharedBuild().build("demo", in: folder)
            }
            let ending = try await SluiceProcess.run(
                ["-c", command.replacing("127.0.0.1:9000", with: "127.0.0.1:\(port)")], in: folder,
                environment: exports, executable: "/bin/bash", hasData: false)
            try #require(ending.status == 0, "\(command): \(ending.output)\(ending.errors)")
            // What a build says is not the tutorial's.
            if !output.isEmpty { #expect(ending.output == output, "\(command): \(ending.errors)") }
            if command.contains(" invoke ") { print("The tutorial: \(command) after \(ContinuousClock.now - began)") }
        }

        /// Begins to serve, on a port that is free, until the next build.
        private func emulate(_ program: String) async throws {
            let process = try SluiceProcess(
                ["emulate", "--port", "0"], in: folder, environment: exports,
                executable: folder.appending(path: program).path, hasData: false)
            let ready = try #require(await process.line(with: "ready on"), "\(process.errors)")
            port = String(try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1))
            emulator = process
        }

        func endEmulator() async {
            emulator?.signal(SIGINT)
            if let emulator { #expect(await emulator.status() == 0, "\(emulator.errors)") }
            emulator = nil
        }
    }

    /// In the short form what builds uses the checkout's own build, and the package's own test is left to the long one.
    @Test("is true, command by command, in an empty folder outside the checkout")
    func follow() async throws {
        let steps = try Tutorial().steps
        // Read as it is meant: a program of one's own, called by AWS's client, and a further function of three files.
        #expect(
            steps.contains { if case .command(let text, _) = $0 { text.hasPrefix("aws lambda invoke") } else { false } }
        )
        let files = steps.compactMap { if case .file(let path, _) = $0 { path } else { nil } }
        #expect(files == ["Sources/demo/Count.swift", "Sources/demo/Program.swift", "functions/functions.yaml"])
        let reader = try Reader()
        for step in steps {
            switch step {
            case .file(let path, let text):
                await reader.endEmulator()
                try reader.write(text, to: path)
            case .command(let text, let output): try await reader.type(text, output: output)
            }
        }
    }
}

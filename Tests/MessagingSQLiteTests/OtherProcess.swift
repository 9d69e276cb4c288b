import Foundation
import Testing

/// A `BrokerCrashHelper` on a folder, beside this process.
final class OtherProcess: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let ended: AsyncStream<Void>
    /// What it says, line by line.
    let lines: AsyncStream<String>

    init(folder: String, _ arguments: String...) throws {
        let output = Pipe()
        let (ended, end) = AsyncStream<Void>.makeStream()
        self.ended = ended
        let (lines, line) = AsyncStream<String>.makeStream()
        self.lines = lines
        // Beside the test bundle.
        let folderOfPrograms = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = folderOfPrograms.appending(path: "BrokerCrashHelper")
        process.arguments = [folder] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        let reader = output.fileHandleForReading
        // Ends with the process, whose end of the pipe is the only one left.
        Thread.detachNewThread {
            var rest = Data()
            while true {
                let bytes = reader.availableData
                if bytes.isEmpty { return line.finish() }
                rest.append(bytes)
                while let index = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    line.yield(String(decoding: rest[rest.startIndex..<index], as: UTF8.self))
                    rest = Data(rest[(index + 1)...])
                }
            }
        }
    }

    /// Waits until it has said a line.
    func waitFor(_ line: String) async throws {
        for await said in lines where said == line { return }
        Issue.record("the process ended before it said \(line)")
    }

    /// Kills it at once.
    func kill() async {
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        for await _ in ended {}
    }

    /// Lets it end by itself.
    func finish() async throws {
        try input.fileHandleForWriting.close()
        for await _ in ended {}
        #expect(process.terminationStatus == 0)
    }
}

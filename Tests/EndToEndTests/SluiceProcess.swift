import Foundation
import TestSupport
import Testing

/// The program as a person runs it: a process of its own, in a folder of its own.
final class SluiceProcess: Sendable {
    /// How a process ended.
    struct Ending {
        let status: Int32
        let output: String
        let errors: String
    }

    /// The binary under test, from `SLUICE_BINARY`; the debug build beside the tests where that is not set.
    static let binary: String = {
        if let named = ProcessInfo.processInfo.environment["SLUICE_BINARY"], !named.isEmpty { return named }
        return repository + "/.build/debug/sluice"
    }()

    /// The project's root.
    static let repository: String = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    let process = Process()
    let lines: AsyncStream<String>
    private let ended: AsyncStream<Int32>
    private let errorFile: URL
    private let output = Pipe()
    private let reader = Reader()

    /// Whether the output is read; unchecked, because all that changes is used under the condition alone.
    private final class Reader: @unchecked Sendable {
        private let condition = NSCondition()
        private var isPaused = false

        func pause(_ isPaused: Bool) {
            condition.withLock { self.isPaused = isPaused }
            condition.signal()
        }

        /// Blocks while nothing is to be read.
        func wait() { condition.withLock { while isPaused { condition.wait() } } }
    }

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: After the program's name.
    ///   - folder: The current folder; its `.sluice` is the data folder.
    ///   - environment: Beside the test's own.
    ///   - input: What it reads from standard input.
    ///   - executable: The program.
    ///   - hasData: Whether an empty data folder is made where there is none, so that no test uses the user's own.
    /// - Throws: Where the program cannot be started.
    init(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:], input: Data? = nil,
        executable: String = SluiceProcess.binary, hasData: Bool = true
    ) throws {
        if hasData { _ = unsafe mkdir(folder.appending(path: ".sluice").path, 0o700) }
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        errorFile = folder.appending(path: "stderr-\(UUID().uuidString)")
        try Data().write(to: errorFile)
        let errors = try FileHandle(forWritingTo: errorFile)
        // Foundation keeps what a process was given open, long after its end; hundreds of processes would leave thousands
        // of descriptors, and its own search among so many crashes.
        defer { try? errors.close() }
        process.standardError = errors
        process.standardOutput = output
        let feed = Pipe()
        process.standardInput = feed
        (lines, ended) = Self.events(of: process, output: output, reader: reader)
        try process.run()
        if let input { try feed.fileHandleForWriting.write(contentsOf: input) }
        try feed.fileHandleForWriting.close()
    }

    /// No test leaves a process behind.
    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private static func events(
        of process: Process, output: Pipe, reader: Reader
    ) -> (AsyncStream<String>, AsyncStream<Int32>) {
        let (lines, lineFeed) = AsyncStream.makeStream(of: String.self)
        let (ended, endFeed) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            endFeed.yield(process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            endFeed.finish()
        }
        // A thread, because reading blocks.
        Thread.detachNewThread {
            var rest = Data()
            while case let piece = output.fileHandleForReading.availableData, !piece.isEmpty {
                reader.wait()
                rest += piece
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    lineFeed.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            try? output.fileHandleForReading.close()
            if !rest.isEmpty { lineFeed.yield(String(decoding: rest, as: UTF8.self)) }
            lineFeed.finish()
        }
        return (lines, ended)
    }

    /// Waits for the first line that holds a text.
    func line(with text: String) async -> String? {
        for await line in lines where line.contains(text) { return line }
        return nil
    }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Reads none of its output while a body runs, and lets little of it wait.
    func unread<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        // `F_SETPIPE_SZ` of `linux/fcntl.h`, which Glibc shows to C programs of GNU's alone: a page.
        _ = fcntl(output.fileHandleForReading.fileDescriptor, 1031, 4096)
        reader.pause(true)
        defer { reader.pause(false) }
        return try await body()
    }

    /// Waits for the end; a status below zero is the signal that ended it.
    func status() async -> Int32 {
        for await status in ended { return status }
        return .min
    }

    /// What was written to stderr so far.
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:], input: Data? = nil,
        executable: String = SluiceProcess.binary, hasData: Bool = true
    ) async throws -> Ending {
        let process = try SluiceProcess(
            arguments, in: folder, environment: environment, input: input, executable: executable, hasData: hasData)
        var output: [String] = []
        for await line in process.lines { output.append(line) }
        let status = await process.status()
        return Ending(status: status, output: output.joined(separator: "\n"), errors: process.errors)
    }

    /// Makes a folder's ledger, with nothing spent.
    static func beginLedger(in folder: URL) async throws {
        let ending = try await run(["budget", "apply", repository + "/budgets", "--reason", "a test"], in: folder)
        try #require(ending.status == 0, "\(ending.errors)")
    }
}

extension URL {
    /// What lies in the data folder of a current folder.
    var dataFiles: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: appending(path: ".sluice").path)) ?? []
    }
}

extension TemporaryFolder {
    /// All bytes of all files in the folder.
    func contents() throws -> Data {
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
        return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath }
            .reduce(into: Data()) { $0 += try Data(contentsOf: $1) }
    }
}

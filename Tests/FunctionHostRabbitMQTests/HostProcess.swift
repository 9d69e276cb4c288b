import Foundation

/// A `HostCrashHelper` on a folder, beside this process.
final class HostProcess: Sendable {
    private let process = Process()
    private let ended: AsyncStream<Void>

    /// Starts it.
    ///
    /// - Parameters:
    ///   - folder: Where its queues and its history are.
    ///   - attempts: Its function's.
    ///   - patienceMilliseconds: Its watchdog's.
    ///   - brokerURL: Where its queues are otherwise.
    ///   - log: Where its log goes; nil for nowhere.
    /// - Throws: Where it cannot be started.
    init(
        folder: String, attempts: Int, patienceMilliseconds: Int, brokerURL: String? = nil, log: Pipe? = nil
    ) throws {
        let (ended, end) = AsyncStream<Void>.makeStream()
        self.ended = ended
        // Beside the test bundle.
        process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "HostCrashHelper")
        process.arguments = [folder, "\(attempts)", "\(patienceMilliseconds)"] + (brokerURL.map { [$0] } ?? [])
        process.standardOutput = log ?? FileHandle.nullDevice
        process.terminationHandler = { _ in end.finish() }
        try process.run()
    }

    func send(_ signal: Int32) { _ = Foundation.kill(process.processIdentifier, signal) }

    /// Waits for its end, by itself or by a signal.
    func end() async -> Int32 {
        for await _ in ended {}
        return process.terminationStatus
    }
}

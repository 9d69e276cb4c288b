import Foundation
import Spending
import TestSupport
import Testing

/// A process that pays on a ledger until it is killed.
package final class LedgerProcess: Sendable {
    private let process: Process
    private let output: Pipe

    /// Starts the program `LedgerCrashHelper`.
    ///
    /// - Parameters:
    ///   - location: The ledger's place.
    ///   - seed: What its calls are drawn from.
    ///   - limit: The limit in nano-dollars.
    ///   - race: How many calls it makes before it ends, and how many at once; nil for one that never ends.
    /// - Throws: Where it cannot be started.
    package init(
        _ location: String, seed: Int, limit: Int64, race: (calls: Int, concurrency: Int)? = nil
    ) throws {
        // The tests' own program lies beside it.
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        (process, output) = try ChildProcess.start {
            let (process, output) = (Process(), Pipe())
            process.executableURL = program.deletingLastPathComponent().appending(path: "LedgerCrashHelper")
            process.arguments = [location, "\(seed)", "\(Money(nanoUSD: limit))"]
            if let race { process.arguments? += ["\(race.calls)", "\(race.concurrency)"] }
            process.standardOutput = output
            try process.run()
            return (process, output)
        }
    }

    /// Kills the process once it has said so many lines, and gives all that it said.
    package func killed(afterLines count: Int) async throws -> [String] {
        var said = Data()
        for await data in heard() {
            said += data
            if said.count(where: { $0 == UInt8(ascii: "\n") }) >= count {
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        return Self.lines(said)
    }

    /// Waits for the end of a process that ends by itself, and gives all that it said.
    package func ended() async throws -> [String] {
        let said = await heard().reduce(into: Data()) { $0 += $1 }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Self.lines(said)
    }

    /// Whole lines; the last one may have been cut.
    private static func lines(_ said: Data) -> [String] {
        String(decoding: said, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    /// What the process says, until it ends; first of all nothing, so that it can be killed before its first word.
    private func heard() -> AsyncStream<Data> {
        AsyncStream { continuation in
            continuation.yield(Data())
            // A thread, because reading blocks.
            Thread.detachNewThread { [output] in
                while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                    continuation.yield(data)
                }
                continuation.finish()
            }
        }
    }
}

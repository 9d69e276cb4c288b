import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingSQLite
import TestSupport
import Testing

@Suite("A process that is killed", .timeLimit(.minutes(10)))
struct CrashTests {
    static let rounds = ProcessInfo.processInfo.environment["SLUICE_LONG"] == "1" ? 100 : 10

    @Test("leaves a ledger that is sound at once, with every open hold charged exactly once")
    func kill() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var random = SeededGenerator(seed: 6)
        // About 250 nano-dollars a call: the limit is met in the later rounds.
        let limit = Int64(Self.rounds) * 12_000
        for round in 0..<Self.rounds {
            let steps = Int.random(in: 0..<200, using: &random)
            let doomed = try Helper(folder: folder.path, seed: 2 * round, limit: limit)
            let second = try Helper(folder: folder.path, seed: 2 * round + 1, limit: limit)
            var said = try doomed.killed(afterLines: steps)
            said += try second.killed(afterLines: Int.random(in: 0..<50, using: &random))
            try await expectSound(folder.path, said: said, limit: limit)
        }
        let store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        let kinds = Set(try await JournalReplay(store).entries.map(\.kind))
        #expect(kinds == ["reserve", "settle", "charge", "release", "orphan"])
    }

    private func expectSound(_ folder: String, said: [String], limit: Int64) async throws {
        let store = try SQLiteStore.open(folder: folder, schemas: [SQLiteLedger.schema])
        let budget = Fixture.budget("monthly", limit: limit, length: .month)
        // A new process does not wait for any lease.
        let governor = Fixture.governor(try SQLiteLedger(store: store), budgets: [budget])
        #expect(try await governor.status().map(\.held) == [.zero])
        #expect(try await governor.verify().differences.isEmpty)
        let journal = try await JournalReplay(store)
        journal.expectWithinLimits()
        let ends = Dictionary(grouping: journal.entries.filter { $0.kind != "reserve" }, by: \.holdID)
        let reserved = journal.entries.filter { $0.kind == "reserve" }.map(\.holdID)
        #expect(Set(reserved) == Set(ends.keys) && Set(reserved).count == reserved.count)
        #expect(ends.values.allSatisfy { $0.count == 1 })
        // What was said to be done is done; a hold without a word about its end may have ended all the same.
        let kinds = ["settled": "settle", "charged": "charge", "released": "release"]
        for words in said.map({ $0.split(separator: " ").map(String.init) }) where words.count >= 2 {
            let holdID = try #require(Int64(words[1]))
            let end = try #require(ends[holdID]?.first)
            if let kind = kinds[words[0]] { #expect(end.kind == kind) }
            if words.count == 3 { #expect(end.spent == Int64(words[2])) }
        }
    }
}

/// A process that pays until it is killed.
private final class Helper {
    private let process = Process()
    private let output = Pipe()

    init(folder: String, seed: Int, limit: Int64) throws {
        // The tests' own program lies beside it.
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = program.deletingLastPathComponent().appending(path: "LedgerCrashHelper")
        process.arguments = [folder, "\(seed)", "\(Money(nanoUSD: limit))"]
        process.standardOutput = output
        try process.run()
    }

    /// Kills the process once it has said so many lines, and gives all that it said.
    func killed(afterLines count: Int) throws -> [String] {
        var said = Data()
        while said.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            let more = output.fileHandleForReading.availableData
            // It ended by itself: the expectations on what it said fail.
            if more.isEmpty { break }
            said += more
        }
        #expect(process.isRunning)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        said += try output.fileHandleForReading.readToEnd() ?? Data()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        // The last line may have been cut.
        return String(decoding: said, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }
}

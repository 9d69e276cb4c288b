import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import Synchronization
import TestSupport
import Testing

@Suite("Processes that are killed", .timeLimit(.minutes(20)))
struct CrashTests {
    static let processes = 4
    static let kills = Campaign.isLong ? 200 : 20
    /// About 250 nano-dollars a call: the limit is met in the last third of the kills.
    static let limit = Int64(kills) * 12_000

    @Test("leave a ledger that is sound at once, with every call that was sent charged exactly once")
    func kill() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let store = try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema])
        let governor = SpendFixture.governor(
            try SQLiteLedger(store: store), budgets: [SpendFixture.budget("monthly", limit: Self.limit, length: .month)]
        )
        let left = KillsLeft(Self.kills)
        let said = try await withThrowingTaskGroup(of: [String].self) { group in
            for slot in 0..<Self.processes {
                group.addTask {
                    try await Self.killAgainAndAgain(folder.path, governor, left, seed: UInt64(slot))
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await expectSound(governor, said: said)
    }

    /// Kills a process and starts it again, while the others go on, and gives all that was said.
    private static func killAgainAndAgain(
        _ folder: String, _ governor: CostGovernor, _ left: KillsLeft, seed: UInt64
    ) async throws -> [String] {
        var random = SeededGenerator(seed: seed)
        var said: [String] = []
        while left.takeOne() {
            let helper = try Helper(
                folder: folder, seed: Int.random(in: 0..<1_000_000, using: &random), limit: limit)
            said += try await helper.killed(afterLines: Int.random(in: 0..<120, using: &random))
            // The survivors' holds live on, and no limit is passed.
            try await JournalReplay(of: governor).expectWithinLimits { _, _ in limit }
            #expect(try await governor.verify().differences.isEmpty)
        }
        return said
    }

    private func expectSound(_ governor: CostGovernor, said: [String]) async throws {
        // All are dead, and nobody waits for a lease.
        #expect(try await governor.status().map(\.held) == [.zero])
        #expect(try await governor.verify().differences.isEmpty)
        let journal = try await JournalReplay(of: governor)
        journal.expectWithinLimits { _, _ in Self.limit }
        journal.expectEachChargedOnce()
        #expect(Set(journal.entries.map(\.kind)) == [.reserve, .settle, .charge, .release, .orphan])
        let ends = Dictionary(grouping: journal.entries.filter { $0.kind != .reserve }, by: \.holdID)
        // What was said to be done is done; of what was only said to be sent, the end may be in writing all the same.
        let kinds: [String: Set<JournalEntry.Kind>] = [
            "sent": [.settle, .charge, .orphan], "settled": [.settle], "charged": [.charge], "released": [.release],
        ]
        var sent = 0
        for words in said.map({ $0.split(separator: " ").map(String.init) }) where words.count >= 2 {
            let end = try #require(ends[words[1]]?.first)
            #expect(try #require(kinds[words[0]]).contains(end.kind))
            if words.count == 3 { #expect(end.spent.nanoUSD == Int64(words[2])) }
            if words[0] == "sent" { sent += 1 }
        }
        #expect(sent > Self.kills)
        // A redelivered call was answered from the store.
        #expect(said.contains("answered"))
    }
}

/// How many processes are still to be killed.
private final class KillsLeft: Sendable {
    private let count: Atomic<Int>

    init(_ count: Int) { self.count = Atomic(count) }

    func takeOne() -> Bool { count.subtract(1, ordering: .relaxed).oldValue > 0 }
}

/// A process that pays until it is killed.
private final class Helper: Sendable {
    /// Foundation may leave its own ends of pipes open where several processes are started at the same moment, and then
    /// nobody sees the end of what one said.
    private static let starting = NSLock()

    private let process: Process
    private let output: Pipe

    init(folder: String, seed: Int, limit: Int64) throws {
        Self.starting.lock()
        defer { Self.starting.unlock() }
        process = Process()
        output = Pipe()
        // The tests' own program lies beside it.
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = program.deletingLastPathComponent().appending(path: "LedgerCrashHelper")
        process.arguments = [folder, "\(seed)", "\(Money(nanoUSD: limit))"]
        process.standardOutput = output
        try process.run()
    }

    /// Kills the process once it has said so many lines, and gives all that it said.
    func killed(afterLines count: Int) async throws -> [String] {
        var said = Data()
        for await data in heard() {
            said += data
            if said.count(where: { $0 == UInt8(ascii: "\n") }) >= count {
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
        // The last line may have been cut.
        return String(decoding: said, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
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

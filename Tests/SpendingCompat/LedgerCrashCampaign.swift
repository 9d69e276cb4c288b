import Foundation
import FunctionKit
package import Spending
import Synchronization
import TestSupport
import Testing

/// Processes that pay on one ledger are killed at random, again and again; the ledger must be sound all the time, with
/// every call that was sent charged exactly once.
package struct LedgerCrashCampaign: Sendable {
    private static let processes = 4
    private static let kills = Campaign.isLong ? 200 : 20
    /// About 250 nano-dollars a call: the limit is met in the last third of the kills.
    private static let limit = Int64(kills) * 12_000

    private let location: String
    private let governor: CostGovernor

    /// Makes a campaign.
    ///
    /// - Parameters:
    ///   - location: What the program `LedgerCrashHelper` takes as the ledger's place.
    ///   - ledger: The same ledger, empty.
    package init(location: String, ledger: any SpendLedger) {
        self.location = location
        governor = Self.governor(ledger)
    }

    private static func governor(_ ledger: any SpendLedger, limit: Int64 = limit) -> CostGovernor {
        SpendFixture.governor(ledger, budgets: [SpendFixture.budget("monthly", limit: limit, length: .month)])
    }

    /// The limit in the files of the other half of the processes, which was in force before.
    private static let staleLimit = limit * 3

    /// Runs the campaign.
    ///
    /// - Parameter afterwards: The ledger at an instant when no killed process' hold is alive any more.
    /// - Throws: What the ledger throws.
    package func run(afterwards: any SpendLedger) async throws {
        let left = KillsLeft(Self.kills)
        try await Self.governor(governor.ledger, limit: Self.staleLimit).open()
        try await governor.open()
        let said = try await withThrowingTaskGroup(of: [String].self) { group in
            for slot in 0..<Self.processes {
                group.addTask { try await killAgainAndAgain(left, seed: UInt64(slot)) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await expectSound(Self.governor(afterwards), said: said)
    }

    /// Kills a process and starts it again, while the others go on, and gives all that was said.
    private func killAgainAndAgain(_ left: KillsLeft, seed: UInt64) async throws -> [String] {
        var random = SeededGenerator(seed: seed)
        var said: [String] = []
        while left.takeOne() {
            let process = try LedgerProcess(
                location, seed: Int.random(in: 0..<1_000_000, using: &random),
                limit: Bool.random(using: &random) ? Self.limit : Self.staleLimit)
            said += try await process.killed(afterLines: Int.random(in: 0..<120, using: &random))
            // The survivors' holds live on, and no limit is passed.
            try await JournalReplay(of: governor).expectWithinLimits { _, _ in Self.limit }
            #expect(try await governor.verify().differences.isEmpty)
        }
        return said
    }

    private func expectSound(_ governor: CostGovernor, said: [String]) async throws {
        // However often a host with other files started, nothing was decided since.
        #expect(try await governor.ledger.decisions().count == 2)
        // All are dead.
        try await governor.sweep()
        #expect(try await governor.status().map(\.held) == [.zero])
        #expect(try await governor.verify().differences.isEmpty)
        let journal = try await JournalReplay(of: governor)
        journal.expectWithinLimits { _, _ in Self.limit }
        journal.expectEachChargedOnce()
        #expect(Set(journal.entries.map(\.kind)) == [.reserve, .settle, .charge, .release, .orphan])
        let ends = Dictionary(grouping: journal.entries.filter { $0.kind != .reserve }, by: \.holdID.description)
        // What was said to be done is done; of what was only said to be sent, the end may be in writing all the same.
        let kinds: [String: Set<JournalEntry.Kind>] = [
            "sent": [.settle, .charge, .orphan], "settled": [.settle],
            // Charged already, where the lease had ended.
            "charged": [.charge, .orphan], "released": [.release],
        ]
        var sent = 0
        for words in said.map({ $0.split(separator: " ").map(String.init) }) where words.count >= 2 {
            // An owner that was too slow to renew its lease corrects the orphan's charge.
            let hold = try #require(ends[words[1]])
            let end = try #require(hold.last)
            #expect(try #require(kinds[words[0]]).contains(end.kind))
            if words.count == 3 { #expect(hold.map(\.spent.nanoUSD).reduce(0, +) == Int64(words[2])) }
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

import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingSQLite
import TestSupport
import Testing

@Suite("Random schedules on one ledger file", .timeLimit(.minutes(2)))
struct ScheduleTests {
    @Test(
        "keep every limit at every entry and charge every attempt exactly once",
        arguments: 0..<(ProcessInfo.processInfo.environment["SLUICE_LONG"] == "1" ? 200 : 20))
    func schedule(_ seed: Int) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var schedule = try Schedule(seed: UInt64(seed), folder: folder.path)
        for _ in 0..<150 { try await schedule.step() }
        try await schedule.finish()
    }

    @Test("200 tasks that race for a small limit through four connections overshoot by exactly nothing")
    func race() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let stores = try (0..<4).map { _ in
            try SQLiteStore.open(folder: folder.path, schemas: [SQLiteLedger.schema], lockSeconds: 60)
        }
        let governors = try stores.map {
            Fixture.governor(try SQLiteLedger(store: $0), budgets: [Fixture.budget(limit: 1000, length: .month)])
        }
        let outcomes = try await withThrowingTaskGroup(of: Int64.self) { group in
            for task in 0..<200 {
                group.addTask {
                    let governor = governors[task % 4]
                    switch try await governor.reserve(Fixture.call("q\(task)", bytes: 30)) {
                    case .held(let reservation):
                        return try await governor.settle(
                            reservation, usage: TokenUsage(inputTokens: 30, outputTokens: 0), response: Data()
                        ).cost.nanoUSD
                    default: return -1
                    }
                }
            }
            return try await group.reduce(into: [Int64]()) { $0.append($1) }
        }
        let paid = outcomes.filter { $0 > 0 }.reduce(0, +)
        // Each costs all that it held: 33 fit, and not one more.
        #expect(paid == 990 && outcomes.filter { $0 == -1 }.count == 167)
        let spent = try await JournalReplay(stores[0]).expectWithinLimits()
        #expect(spent.values.reduce(0, +) == paid)
        #expect(try await governors[0].verify().differences.isEmpty)
    }

    @Test("of 50 tasks that make the same call at once, one pays and all get its answer in the end")
    func sameCall() async throws {
        let (store, ledger) = try Fixture.memory()
        let governor = Fixture.governor(ledger)
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for task in 0..<50 {
                group.addTask {
                    switch try await governor.reserve(Fixture.call()) {
                    case .held(let reservation):
                        _ = try await governor.settle(
                            reservation, usage: TokenUsage(inputTokens: 1, outputTokens: 0),
                            response: Data("\(task)".utf8))
                        return "paid"
                    case .settled: return "settled"
                    case .inFlight: return "in flight"
                    default: return "refused"
                    }
                }
            }
            return try await group.reduce(into: [String]()) { $0.append($1) }
        }
        #expect(answers.filter { $0 == "paid" }.count == 1)
        #expect(!answers.contains("refused"))
        #expect(try await governor.spent() == 1)
        #expect(try await governor.outcome(Fixture.call()) == "settled")
        #expect(try await JournalReplay(store).entries.map(\.kind) == ["reserve", "settle"])
    }
}

/// Does random things on a ledger and knows by itself what must have come of them.
private struct Schedule {
    /// A reservation, noncopyable, in a list.
    private final class Slot {
        private var reservation: Reservation?
        let holdID: String
        let call: CallID
        let bound: Int64
        let governor: Int
        let leaseEnds: Date

        init(_ reservation: consuming Reservation, governor: Int, leaseEnds: Date) {
            holdID = reservation.holdID
            call = reservation.call.id
            bound = reservation.bound.nanoUSD
            self.governor = governor
            self.leaseEnds = leaseEnds
            self.reservation = consume reservation
        }

        func take() throws -> Reservation {
            guard let reservation = reservation.take() else { throw NotHeld() }
            return reservation
        }
    }

    private let budgets = [
        Fixture.budget("acme", limit: 150, scope: BudgetScope(tenants: ["acme"])),
        Fixture.budget("hourly", limit: 200, length: .hour), Fixture.budget("daily", limit: 300),
    ]
    private let clock = ManualClock("2026-11-23T10:00:00Z")
    private let stores: [SQLiteStore]
    private let governors: [CostGovernor]
    private var random: SeededGenerator
    private var open: [Slot] = []
    private var responses: [CallID: Data] = [:]
    /// What each attempt must be charged, and where.
    private var charges: [String: (amount: Int64, lines: [JournalReplay.Line])] = [:]
    /// Holds without an end in writing: also those that were dropped, which other ledgers cannot know.
    private var living: [String: (call: CallID, leaseEnds: Date)] = [:]

    init(seed: UInt64, folder: String) throws {
        random = SeededGenerator(seed: seed)
        stores = try (0..<3).map { _ in try SQLiteStore.open(folder: folder, schemas: [SQLiteLedger.schema]) }
        governors = try stores.map { [clock, budgets] in
            Fixture.governor(try SQLiteLedger(store: $0, seesOwners: false, now: clock.now), budgets: budgets)
        }
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<50: try await reserve()
        case ..<90: try await end()
        case ..<97: clock.advance(seconds: Double.random(in: 0..<50, using: &random))
        case ..<98: clock.advance(seconds: -Double.random(in: 0..<3600, using: &random))
        default: clock.advance(seconds: Double.random(in: 0..<7200, using: &random))
        }
        if let governor = governors.randomElement(using: &random), Int.random(in: 0..<10, using: &random) == 0 {
            #expect(try await governor.verify().differences.isEmpty)
        }
    }

    mutating func finish() async throws {
        clock.advance(seconds: 100_000)
        // Each ledger charges what it dropped itself.
        for governor in governors { #expect(try await governor.status().allSatisfy { $0.held == .zero }) }
        let spent = try await JournalReplay(stores[0]).expectWithinLimits()
        var expected: [JournalReplay.Line: Int64] = [:]
        for charge in charges.values {
            for line in charge.lines { expected[line, default: 0] += charge.amount }
        }
        #expect(spent == expected.filter { $0.value != 0 })
        #expect(try await governors[0].verify().differences.isEmpty)
    }

    /// The clock's instant, or that of the last entry where the clock was set back.
    private func ledgerInstant() async throws -> Date {
        let last = try await stores[0].read { try Int64.fetchOne($0, sql: "SELECT max(at_ms) FROM journal") }
        let clock = Int64((clock.now().timeIntervalSince1970 * 1000 + 0.01).rounded(.down))
        return Date(timeIntervalSince1970: Double(max(clock, last ?? 0)) / 1000)
    }

    private func isLiving(_ call: CallID, at instant: Date) -> Bool {
        living.values.contains { $0.call == call && $0.leaseEnds > instant }
    }

    private mutating func reserve() async throws {
        let instant = try await ledgerInstant()
        let index = Int.random(in: 0..<3, using: &random)
        // Few questions, so that calls repeat.
        let call = Fixture.call(
            "q\(Int.random(in: 0..<40, using: &random))", tenant: Bool.random(using: &random) ? "acme" : nil,
            bytes: Int.random(in: 0..<60, using: &random))
        switch try await governors[index].reserve(call) {
        case .held(let reservation):
            #expect(responses[call.id] == nil)
            let holdID = reservation.holdID
            #expect(!open.contains { $0.call == call.id && $0.leaseEnds > instant })
            let lines = budgets.filter { $0.covers(call) }.map {
                JournalReplay.Line(
                    budget: $0.name,
                    periodStartMS: Int64($0.period(containing: instant).start.timeIntervalSince1970 * 1000))
            }
            // Charged in full unless another end is written.
            charges[holdID] = (reservation.bound.nanoUSD, lines)
            living[holdID] = (call.id, instant + 60)
            open.append(Slot(reservation, governor: index, leaseEnds: instant + 60))
        case .settled(let settlement): #expect(settlement.response == responses[call.id])
        case .inFlight: #expect(isLiving(call.id, at: instant))
        case .refused(let refusal): #expect(budgets.contains { $0.name == refusal.budget })
        }
    }

    private mutating func end() async throws {
        guard let index = open.indices.randomElement(using: &random) else { return }
        let slot = open.remove(at: index)
        let governor = governors[slot.governor]
        if Int.random(in: 0..<10, using: &random) == 0 {
            _ = try slot.take()
            return
        }
        living[slot.holdID] = nil
        switch Int.random(in: 0..<9, using: &random) {
        case 0: try await governor.chargeInFull(slot.take())
        case 1, 2:
            try await governor.release(slot.take())
            charges[slot.holdID]?.amount = 0
        default:
            let tokens = Int64.random(in: 0...slot.bound, using: &random)
            let response = Data("\(slot.holdID)".utf8)
            _ = try await governor.settle(
                slot.take(), usage: TokenUsage(inputTokens: Int(tokens), outputTokens: 0), response: response)
            charges[slot.holdID]?.amount = tokens
            if responses[slot.call] == nil { responses[slot.call] = response }
        }
    }
}

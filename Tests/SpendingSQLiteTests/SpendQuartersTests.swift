import CivilTime
import Foundation
import FunctionKit
import GRDB
import SQLite
import Spending
import SpendingCompat
import TestSupport
import Testing

@testable import SpendingSQLite

@Suite("The sums that reports read", .timeLimit(.minutes(1)))
struct SpendQuartersTests {
    @Test("are those of the journal after random calls, and are rebuilt by the migration", arguments: 0..<20)
    func rebuilt(seed: Int) async throws {
        let clock = ManualClock("2026-11-23T10:00:00Z")
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        let ledger = try SQLiteLedger(store: store, now: clock.now)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 100_000)])
        var random = SeededGenerator(seed: UInt64(seed))
        for ordinal in 0..<60 {
            clock.advance(seconds: Double.random(in: 0..<1200, using: &random))
            let call = SpendFixture.call(
                "q\(Int.random(in: 0..<9, using: &random))", ordinal: ordinal,
                model: [SpendFixture.model, SpendFixture.otherModel].randomElement(using: &random)
                    ?? SpendFixture.model,
                tenant: [nil, "acme", "globex"].randomElement(using: &random) ?? nil, outputMax: 60)
            let reservation = try await governor.held(call)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: try await governor.release(reservation)
            case 1: try await governor.chargeInFull(reservation)
            case 2: _ = consume reservation
            default:
                _ = try await governor.settle(
                    reservation, usage: TokenUsage(inputTokens: 7, outputTokens: ordinal, cacheReadTokens: 2),
                    response: Data("answer".utf8))
            }
        }
        try await governor.sweep()
        #expect(try await governor.verify().differences.isEmpty)
        func rows(_ select: String) async throws -> [String] {
            try await store.read {
                try Row.fetchAll($0, sql: select + " ORDER BY quarter, provider, region, model, tenant").map {
                    $0.databaseValues.map(\.description).joined(separator: " ")
                }
            }
        }
        let kept = try await rows("SELECT * FROM spend_quarters")
        #expect(try await rows(SpendQuarters.fromJournal) == kept)
        #expect(kept.count > 10)
    }

    @Test("are told by a check where they differ from the journal")
    func verified() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        let ledger = try SQLiteLedger(store: store, now: ManualClock().now)
        try await SpendFixture.governor(ledger).pay(SpendFixture.call(), tokens: 5)
        try await store.commit { try $0.execute(sql: "UPDATE spend_quarters SET spent_nano_usd = 6") }
        let difference = LedgerDifference(
            budget: nil, periodStart: instant("2026-11-23T10:00:00Z") ?? .distantPast, amount: .spent,
            counted: Money(nanoUSD: 6), journaled: Money(nanoUSD: 5))
        #expect(try await ledger.verify().differences == [difference])
    }

    @Test("by time are read along the table's key, without sorting and without the journal")
    func plan() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        let steps = try await store.read { database in
            try Row.fetchAll(
                database,
                sql: "EXPLAIN QUERY PLAN " + SpendSums.sql(by: "quarter", questions: "questions"), arguments: [0, 1]
            ).map { $0["detail"] as String }
        }
        #expect(steps == ["SEARCH spend_quarters USING PRIMARY KEY (quarter>? AND quarter<?)"])
    }

    @Test("of exceptions are read along their index")
    func exceptionPlan() async throws {
        let store = try SQLiteStore.inMemory(schemas: [SQLiteLedger.schema])
        let steps = try await store.read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN " + SpendSums.exceptions, arguments: [0, 1, 1]
            ).map { $0["detail"] as String }
        }
        #expect(steps.first?.contains("USING INDEX journal_exceptions") == true)
        #expect(!steps.contains { $0.contains("TEMP B-TREE") })
        let tally = try await store.read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN " + SpendSums.exceptionTally, arguments: [0, 1]
            ).map { $0["detail"] as String }
        }
        #expect(tally.first?.contains("USING INDEX journal_exceptions") == true)
    }
}

import Foundation
import Spending
import SpendingCompat
import Testing

@testable import BudgetReport

@Suite("The export of a journal")
struct JournalExportTests {
    private struct Line: Decodable {
        let at, kind: String
        let id: Int?
        let spent_usd, held_usd, limit_usd: String?
    }

    @Test("has every entry and every raise, in order, with exact amounts")
    func lines() async throws {
        let clock = ManualClock("2026-11-23T10:00:00Z")
        let ledger = InMemoryLedger(now: clock.now)
        let governor = SpendFixture.governor(ledger)
        try await governor.pay(SpendFixture.call("a"), tokens: 7)
        clock.advance(seconds: 0.25)
        try await governor.raise(
            "daily", to: Money(nanoUSD: 500), until: clock.now().addingTimeInterval(3600), reason: "a \"fair\"\nin town"
        )
        clock.advance(seconds: 1)
        try await governor.pay(SpendFixture.call("b"), tokens: 9)
        var written = Data()
        try await JournalExport(ledger).run { written += $0 }
        let lines = try String(decoding: written, as: UTF8.self).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        #expect(lines.map(\.kind) == ["reserve", "settle", "raise", "reserve", "settle"])
        #expect(lines.map(\.id) == [1, 2, nil, 3, 4])
        #expect(lines.compactMap(\.spent_usd) == ["0.00", "0.000000007", "0.00", "0.000000009"])
        #expect(lines.compactMap(\.held_usd) == ["0.00000004", "-0.00000004", "0.00000004", "-0.00000004"])
        #expect(lines[2].limit_usd == "0.0000005" && lines[2].at == "2026-11-23T10:00:00.250Z")
    }

    @Test("goes through more than one page")
    func pages() async throws {
        let ledger = InMemoryLedger(now: ManualClock().now)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1_000_000)])
        for number in 0..<600 { try await governor.pay(SpendFixture.call("\(number)"), tokens: 1) }
        var count = 0
        try await JournalExport(ledger).run { count += $0.count { $0 == UInt8(ascii: "\n") } }
        #expect(count == 1200)
    }
}

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
        #expect(lines.map(\.kind) == ["apply", "reserve", "settle", "raise", "reserve", "settle"])
        #expect(lines.map(\.id) == [nil, 1, 2, nil, 3, 4])
        #expect(lines.compactMap(\.spent_usd) == ["0.00", "0.000000007", "0.00", "0.000000009"])
        #expect(lines.compactMap(\.held_usd) == ["0.00000004", "-0.00000004", "0.00000004", "-0.00000004"])
        #expect(lines[3].limit_usd == "0.0000005" && lines[3].at == "2026-11-23T10:00:00.250Z")
    }

    @Test("is JSON as others write it, with sorted keys, whatever names come from outside")
    func others() async throws {
        let clock = ManualClock("1970-01-01T00:00:00Z")
        let ledger = InMemoryLedger(now: clock.now)
        let governor = SpendFixture.governor(ledger)
        try await governor.pay(
            SpendFixture.call("\"quoted\" \\ / \u{7F}\u{2028}ब😀", tenant: "a\nb\t\u{1}\u{1F}"), tokens: 7)
        clock.set("2028-02-29T23:59:59Z")
        clock.advance(seconds: 0.007)
        try await governor.pay(SpendFixture.call("b", ordinal: -3), tokens: 100)
        var written = Data()
        try await JournalExport(ledger).run { written += $0 }
        let lines = String(decoding: written, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 6)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let again = String(
                decoding: try JSONSerialization.data(
                    withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]), as: UTF8.self)
            #expect(again.replacing("\\n", with: "\\u000a").replacing("\\t", with: "\\u0009") == line)
        }
        let first = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
        #expect(first["question"] as? String == "\"quoted\" \\ / \u{7F}\u{2028}ब😀")
        #expect(first["tenant"] as? String == "a\nb\t\u{1}\u{1F}")
        #expect(first["at"] as? String == "1970-01-01T00:00:00.000Z")
        #expect(lines[3].contains(#""at":"2028-02-29T23:59:59.007Z""#))
    }

    @Test("goes through more than one page")
    func pages() async throws {
        let ledger = InMemoryLedger(now: ManualClock().now)
        let governor = SpendFixture.governor(ledger, budgets: [SpendFixture.budget(limit: 1_000_000)])
        for number in 0..<600 { try await governor.pay(SpendFixture.call("\(number)"), tokens: 1) }
        var count = 0
        try await JournalExport(ledger).run { count += $0.count { $0 == UInt8(ascii: "\n") } }
        // The limits, and two entries for each call.
        #expect(count == 1201)
    }
}

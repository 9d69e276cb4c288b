import Foundation
import FunctionKit
import SQLite
import Spending
import SpendingCompat
import SpendingSQLite
import SwiftCSV
import TestSupport
import Testing

@testable import BudgetReport

@Suite("Sums of a report", .timeLimit(.minutes(2)))
struct SumsAgreeTests {
    /// What every format and grouping must agree on, in nano-dollars.
    private struct Sums: Hashable {
        var spent: Int64 = 0
        var held: Int64 = 0
        var calls = 0
        var tokens = 0
    }

    @Test("agree between all groupings and formats, to the nano-dollar, on random ledgers", arguments: 0..<12)
    func agree(seed: Int) async throws {
        let clock = ManualClock("2026-10-20T00:00:00Z")
        let ledger = try SQLiteLedger(store: .inMemory(schemas: [SQLiteLedger.schema]), now: clock.now)
        var random = SeededGenerator(seed: UInt64(seed))
        let governor = SpendFixture.governor(
            ledger, budgets: [SpendFixture.budget(limit: .max / 4)],
            prices: [
                SpendFixture.price(nano: 1 + Int64.random(in: 0..<9000, using: &random)),
                SpendFixture.price(SpendFixture.otherModel, nano: 1 + Int64.random(in: 0..<9, using: &random)),
            ])
        for ordinal in 0..<40 {
            clock.advance(seconds: Double.random(in: 0..<40_000, using: &random))
            try await act(ordinal, governor, &random)
        }
        let view = try await LedgerView(governor, reader: ledger)
        var expected = Sums()
        for entry in try await ledger.journal(after: 0, atMost: 1000) {
            let amounts = entry.amounts
            expected.spent += amounts.spent.nanoUSD
            expected.held += amounts.held.nanoUSD
            expected.calls += amounts.calls
            expected.tokens += amounts.inputTokens + amounts.outputTokens
        }
        let zone = try #require(TimeZone(identifier: ["Europe/Berlin", "Asia/Kolkata", "UTC"][seed % 3]))
        for grouping in ReportGrouping.allCases {
            let span = try ReportSpan(since: "2026-10-01", until: nil, timeZone: zone, now: view.now, daysBack: 1)
            let top = [nil, 1, 3].randomElement(using: &random) ?? nil
            let document = try await SpendReport(view, by: grouping, span: span, top: top).document()
            #expect(try sums(inJSON: document.rendered(as: .json)) == expected)
            #expect(try sums(inCSV: document.rendered(as: .csv)) == expected)
            let wide = Terminal(width: 160, isUnicode: true, isColoured: false)
            #expect(
                try sums(inText: document.rendered(as: .table, on: wide), separator: "  ", mark: "Total") == expected)
            #expect(try sums(inText: document.rendered(as: .markdown), separator: " | ", mark: "**Total**") == expected)
            #expect(try sums(inHTML: document.rendered(as: .html)) == expected)
        }
    }

    /// One call with one of the ends that a call can have.
    private func act(_ ordinal: Int, _ governor: CostGovernor, _ random: inout SeededGenerator) async throws {
        let call = SpendFixture.call(
            "q\(Int.random(in: 0..<12, using: &random))", ordinal: ordinal,
            model: Bool.random(using: &random) ? SpendFixture.model : SpendFixture.otherModel,
            tenant: [nil, "acme", "a, \"b\"|c"].randomElement(using: &random) ?? nil, outputMax: 60)
        let reservation = try await governor.held(call)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: try await governor.release(reservation)
        case 1: try await governor.chargeInFull(reservation)
        case 2: _ = consume reservation
        default:
            _ = try await governor.settle(
                reservation, usage: TokenUsage(inputTokens: Int.random(in: 0..<40, using: &random), outputTokens: 3),
                response: Data("answer".utf8))
        }
    }

    private func sums(inJSON data: Data) throws -> Sums {
        struct Report: Decodable {
            struct Row: Decodable {
                let spent_usd, held_usd: String
                let calls, input_tokens, output_tokens: Int
            }

            let rows: [Row]
            let others: Row?
            let total: Row
        }
        let report = try JSONDecoder().decode(Report.self, from: data)
        func sums(_ rows: [Report.Row]) throws -> Sums {
            try rows.reduce(into: Sums()) { sums, row in
                sums.spent += try nano(row.spent_usd)
                sums.held += try nano(row.held_usd)
                sums.calls += row.calls
                sums.tokens += row.input_tokens + row.output_tokens
            }
        }
        let rows = try sums(report.rows + [report.others].compactMap { $0 })
        #expect(try sums([report.total]) == rows)
        return rows
    }

    private func sums(inCSV data: Data) throws -> Sums {
        let csv = try NamedCSV(string: String(decoding: data, as: UTF8.self))
        return try csv.rows.reduce(into: Sums()) { sums, row in
            sums.spent += try nano(#require(row["spent_usd"]))
            sums.held += try nano(#require(row["held_usd"]))
            sums.calls += try #require(Int(row["calls"] ?? ""))
            sums.tokens += try #require(Int(row["input_tokens"] ?? "")) + #require(Int(row["output_tokens"] ?? ""))
        }
    }

    /// The rows between head and total, and the total, of which each cell stands under its title.
    private func sums(inText data: Data, separator: String, mark: String) throws -> Sums {
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        let total = try #require(lines.firstIndex { $0.contains(mark) })
        func cells(_ line: String) -> [String] {
            line.components(separatedBy: separator).map {
                $0.trimmingCharacters(in: .whitespaces.union(CharacterSet(charactersIn: "*|\\")))
                    .replacing(",", with: "").replacing("\\", with: "")
            }.filter { !$0.isEmpty }
        }
        // The columns of numbers that are always shown: calls, tokens in, tokens out, spent.
        let found = try #require(cells(lines[total]).dropFirst(4).first)
        var sums = Sums()
        sums.spent = try nano(found)
        sums.calls = try #require(Int(cells(lines[total])[1]))
        sums.tokens = try #require(Int(cells(lines[total])[2])) + #require(Int(cells(lines[total])[3]))
        if lines.contains(where: { $0.contains("Held") }) { sums.held = try nano(cells(lines[total])[5]) }
        return sums
    }

    private func sums(inHTML data: Data) throws -> Sums {
        let text = String(decoding: data, as: UTF8.self)
        let foot = try #require(text.components(separatedBy: "<tfoot>").dropFirst().first)
        let cells = foot.matches(of: />([^<>]+)<\/t[dh]>/).map { String($0.1).replacing(",", with: "") }
        var sums = Sums()
        sums.calls = try #require(Int(cells[1]))
        sums.tokens = try #require(Int(cells[2])) + #require(Int(cells[3]))
        sums.spent = try nano(cells[4])
        if text.contains(">Held</th>") { sums.held = try nano(cells[5]) }
        return sums
    }

    private func nano(_ text: String) throws -> Int64 {
        try #require(Money(text.replacing("$", with: ""), allowsNegative: true)).nanoUSD
    }
}

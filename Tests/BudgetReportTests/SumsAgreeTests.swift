import Documents
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
            for table in [
                try tableCells(document.rendered(as: .table, on: wide)),
                try markdownCells(document.rendered(as: .markdown)), try htmlCells(document.rendered(as: .html)),
            ] {
                let total = try #require(table.last)
                #expect(table.count > 2 && total[0] == "Total")
                #expect(try sums(inCells: table.dropFirst().dropLast(), under: table[0]) == expected)
                #expect(try sums(inCells: [total], under: table[0]) == expected)
            }
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

    /// Sums up the rows of a table for people, whose amounts are whole though they are many digits.
    private func sums(inCells rows: some Sequence<[String]>, under head: [String]) throws -> Sums {
        func column(_ title: String) -> Int? { head.firstIndex(of: title) }
        let (calls, spent) = (try #require(column("Calls")), try #require(column("Spent")))
        let (input, output) = (try #require(column("Tokens in")), try #require(column("Tokens out")))
        return try rows.reduce(into: Sums()) { sums, row in
            func count(_ column: Int) throws -> Int { try #require(Int(row[column].replacing(",", with: ""))) }
            sums.calls += try count(calls)
            sums.tokens += try count(input) + count(output)
            sums.spent += try nano(row[spent])
            // A column of nothing but zeros is not shown.
            if let held = column("Held") { sums.held += try nano(row[held]) }
        }
    }

    /// The cells of the table between its rules, by the places of the titles; a title may be of two lines.
    private func tableCells(_ data: Data) throws -> [[String]] {
        let lines = String(decoding: data, as: UTF8.self).components(separatedBy: "\n").map(Array.init)
        let rules = lines.indices.filter { lines[$0].count > 9 && lines[$0].allSatisfy { $0 == "─" } }
        try #require(rules.count == 2)
        let start = try #require(lines.firstIndex { $0.isEmpty }) + 1
        let body = lines[start..<rules[0]] + lines[(rules[0] + 1)..<rules[1]] + [lines[rules[1] + 1]]
        // Where two blanks stand one above the other in all lines, a column ends.
        func isBlank(_ place: Int) -> Bool { body.allSatisfy { place >= $0.count || $0[place] == " " } }
        var edges = [0]
        for place in 1..<(body.map(\.count).max() ?? 1)
        where isBlank(place - 1) && isBlank(place) && !isBlank(place + 1) { edges.append(place + 1) }
        func cells(_ line: [Character]) -> [String] {
            edges.indices.map { index in
                let end = min(line.count, index + 1 < edges.count ? edges[index + 1] : .max)
                return edges[index] < end
                    ? String(line[edges[index]..<end]).trimmingCharacters(in: .whitespaces) : ""
            }
        }
        let words = lines[start..<rules[0]].map(cells)
        let titles = edges.indices.map { column in
            words.map { $0[column] }.filter { !$0.isEmpty }.joined(separator: " ")
        }
        return [titles] + (lines[(rules[0] + 1)..<rules[1]] + [lines[rules[1] + 1]]).map(cells)
    }

    private func markdownCells(_ data: Data) throws -> [[String]] {
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("| ") }
        return lines.enumerated().filter { $0.offset != 1 }.map { _, line in
            // An escaped stroke ends no cell.
            line.dropFirst(2).dropLast(2).replacing("\\|", with: "\u{1}").components(separatedBy: " | ").map {
                $0.replacing("\u{1}", with: "|").replacing("\\", with: "").replacing("**", with: "")
            }
        }
    }

    /// The cells of the report's own table; those of charts are of fewer columns.
    private func htmlCells(_ data: Data) throws -> [[String]] {
        let text = String(decoding: data, as: UTF8.self)
        let tables = text.matches(of: /<table .*?<\/table>/.dotMatchesNewlines()).map { $0.0 }
        let table = try #require(tables.first { $0.contains("<tfoot") })
        return table.matches(of: /<tr.*?<\/tr>/.dotMatchesNewlines()).map { row in
            row.0.matches(of: /<t[dh][^>]*>([^<]*)<\/t[dh]>/).map { String($0.1) }
        }
    }

    private func nano(_ text: String) throws -> Int64 {
        try #require(Money(text.replacing(/[$,]/, with: ""), allowsNegative: true), "\(text)").nanoUSD
    }
}

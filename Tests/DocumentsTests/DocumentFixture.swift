import Foundation
import Spending

@testable import Documents

/// A small document with every kind of cell.
enum DocumentFixture {
    static let document = Document(
        headline: "Two budgets, one of them nearly spent",
        sections: [
            Section([
                .table(table),
                .note("Amounts are US dollars."),
            ])
        ],
        records: table, value: ["a": "1"], timeZone: TimeZone(identifier: "Asia/Kolkata") ?? .gmt)

    static let table = Table(
        columns: [
            Column("budget", "Budget", importance: .high), Column("bar", "Used"),
            Column("used_percent", "Used", isNumeric: true, importance: .high),
            Column("spent_usd", "Spent", isNumeric: true, importance: .high),
            Column("held_usd", "Held", isNumeric: true, isHiddenWhenEmpty: true),
            Column("calls", "Calls made", isNumeric: true), Column("turns", "Turns"),
        ],
        rows: [
            [
                .text("daily"), .bar(Bar(filled: 0.25)), .percent(25), .money(Money(nanoUSD: 125_000_000)),
                .money(.zero), .count(1234), .instant(Date(timeIntervalSince1970: 1_795_717_800)),
            ],
            [
                .text("a \"quoted\", long|name\nof two lines \u{1B}[31m"), .bar(Bar(filled: 0.96, level: .warning)),
                .percent(96), .money(Money(nanoUSD: 960_000_001)), .money(.zero), .count(7), .none,
            ],
        ],
        total: [
            .text("Total"), .none, .none, .money(Money(nanoUSD: 1_085_000_001)), .money(.zero), .count(1241), .none,
        ])
}

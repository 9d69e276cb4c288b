import Foundation
import Spending
import SwiftCSV
import Testing

@testable import Documents

@Suite("A document")
struct DocumentRenderingTests {
    private func text(
        _ format: DocumentFormat, _ document: Document = DocumentFixture.document, on terminal: Terminal = .plain
    ) throws -> String {
        String(decoding: try document.rendered(as: format, on: terminal), as: UTF8.self)
    }

    @Test("as a table fits 80 columns, lines amounts up and lets no name touch the terminal")
    func table() throws {
        let text = try text(.table)
        #expect(
            text == """
                Two budgets, one of them nearly spent

                                                                         Calls
                Budget                   Used        Used         Spent   made  Turns
                ────────────────────────────────────────────────────────────────────────────────
                daily                    ██░░░░░░  25.0 %  $0.125000000  1,234  2026-11-27 00:00
                a "quoted", long|name\u{FFFD}…  ███████░  96.0 %  $0.960000001      7  -
                ────────────────────────────────────────────────────────────────────────────────
                Total                                      $1.085000001  1,241

                Amounts are US dollars.

                """)
        #expect(text.split(separator: "\n").allSatisfy { TerminalText.width(String($0)) <= 80 })
    }

    @Test("as a table leaves out what matters least on a narrow terminal, and says so")
    func narrow() throws {
        let text = try text(.table, on: Terminal(width: 50, isUnicode: false, isColoured: false))
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 50 }, "\(text)")
        #expect(text.contains("Left out for lack of room: "))
        #expect(text.unicodeScalars.allSatisfy { $0.isASCII || $0 == "\u{FFFD}" })
        #expect(!text.contains("Calls made "))
    }

    @Test("as a table uses more room where there is more")
    func wide() throws {
        let text = try text(.table, on: Terminal(width: 140, isUnicode: true, isColoured: false))
        #expect((text.split(separator: "\n").map { TerminalText.width(String($0)) }.max() ?? 0) > 80)
    }

    @Test("as CSV is read back by another's parser")
    func csv() throws {
        let read = try EnumeratedCSV(string: try text(.csv))
        #expect(read.header == ["budget", "used_percent", "spent_usd", "held_usd", "calls", "turns"])
        #expect(
            read.rows == [
                ["daily", "25.0", "0.125", "0.00", "1234", "2026-11-26T18:30:00Z"],
                ["a \"quoted\", long|name\nof two lines \u{1B}[31m", "96.0", "0.960000001", "0.00", "7", ""],
            ])
    }

    @Test(
        "as CSV gives a spreadsheet no formula that somebody else wrote",
        arguments: [
            ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-2+3", "'-2+3"), ("\t=1", "'\t=1"), ("-0.5", "-0.5"),
            ("a=1", "a=1"),
        ])
    func formulas(words: String, written: String) throws {
        var document = DocumentFixture.document
        document.records = Table(columns: [Column("words", "Words")], rows: [[.text(words)]])
        #expect(try text(.csv, document) == "words\r\n\(written)\r\n")
    }

    @Test("as Markdown has one bold headline and no name that is read as markup")
    func markdown() throws {
        let text = try text(.markdown)
        #expect(
            text == """
                **Two budgets, one of them nearly spent**

                | Budget | Used | Spent | Calls made | Turns |
                | --- | ---: | ---: | ---: | --- |
                | daily | 25.0 % | \\$0.125000000 | 1,234 | 2026-11-27 00:00 |
                | a "quoted", long\\|name\u{FFFD}of two lines \u{FFFD}\\[31m | 96.0 % | \\$0.960000001 | 7 | - |
                | **Total** |  | **\\$1.085000001** | **1,241** |  |

                Amounts are US dollars.

                """)
    }

    @Test("as HTML lets no name be read as markup")
    func html() throws {
        var document = DocumentFixture.document
        document.headline = "<script>alert('x')</script> & \"more\""
        let text = try text(.html, document)
        #expect(!text.contains("<script"))
        #expect(text.contains("<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;</h1>"))
    }

    @Test("sets names and words under each other, breaks long words of a name off, and cuts nothing")
    func facts() throws {
        let facts = [Fact("id", "7"), Fact("because", String(repeating: "word ", count: 20) + "end")]
        let long = [Fact("a/path/that/is/longer/than/a/third/of/it", "one two")]
        var document = DocumentFixture.document
        document.sections = [Section([.facts(facts)]), Section([.facts(long)])]
        #expect(
            try text(.table, document) == """
                Two budgets, one of them nearly spent

                  id       7
                  because  word word word word word word word word word word word word word word
                           word word word word word word end

                  a/path/that/is/longer/than/a/third/of/it
                    one two

                """)
        #expect(try text(.markdown, document).contains("- **id**: 7\n- **because**: word"))
        #expect(try text(.html, document).contains("<dt>id</dt><dd>7</dd>"))
    }

    @Test("leaves somebody else's lines as they are, but for what a terminal acts upon")
    func verbatim() throws {
        var document = DocumentFixture.document
        document.sections = [Section([.verbatim("<a>  \u{1B}[2J\n```\nb")])]
        #expect(try text(.table, document).hasSuffix("\n<a>  \u{FFFD}[2J\n```\nb\n"))
        #expect(try text(.markdown, document).hasSuffix("\n````\n<a>  \u{FFFD}[2J\n```\nb\n````\n"))
        #expect(try text(.html, document).contains("<pre>&lt;a&gt;  \u{FFFD}[2J\n```\nb</pre>"))
    }

    @Test("never cuts a column that people copy")
    func whole() throws {
        var document = DocumentFixture.document
        let id = String(repeating: "7", count: 60)
        let table = Table(
            columns: [
                Column("id", "ID", importance: .high, isWhole: true), Column("words", "Words", importance: .high),
            ], rows: [[.text(id), .text(String(repeating: "w", count: 40))]])
        document.sections = [Section([.table(table)])]
        let line = try #require(try text(.table, document).split(separator: "\n").last)
        #expect(line.hasPrefix(id + " ") && line.hasSuffix("…"))
    }

    @Test("is coloured on a terminal alone, and never under NO_COLOR")
    func colour() {
        let utf8 = ["LANG": "en_IN.UTF-8", "TERM": "xterm-256color"]
        #expect(Terminal(environment: utf8, columns: 120) == Terminal(width: 120, isUnicode: true, isColoured: true))
        #expect(!Terminal(environment: utf8, columns: nil).isColoured)
        #expect(!Terminal(environment: utf8.merging(["NO_COLOR": "1"]) { $1 }, columns: 120).isColoured)
        #expect(Terminal(environment: utf8.merging(["NO_COLOR": ""]) { $1 }, columns: 120).isColoured)
        let dumb = Terminal(environment: utf8.merging(["TERM": "dumb"]) { $1 }, columns: 120)
        #expect(!dumb.isColoured && !dumb.isUnicode)
        #expect(!Terminal(environment: ["LANG": "C.UTF-8", "LC_ALL": "C"], columns: nil).isUnicode)
        #expect(Terminal(environment: [:], columns: nil) == Terminal(width: 80, isUnicode: false, isColoured: false))
    }

    @Test(
        "has as many columns as COLUMNS says, else the terminal, else 80",
        arguments: [
            ("132", 100, 132), ("132", nil, 132), (nil, 100, 100), ("", 100, 100), ("wide", nil, 80), ("-5", nil, 80),
            ("1", nil, 40), ("9999", nil, 160),
        ] as [(String?, Int?, Int)])
    func columns(asked: String?, terminal: Int?, width: Int) {
        #expect(Terminal(environment: asked.map { ["COLUMNS": $0] } ?? [:], columns: terminal).width == width)
    }

    @Test(
        "sets thousands apart, and shows that something is not nothing",
        arguments: [
            (Cell.money(Money(nanoUSD: 1_234_567_890_000_001)), "$1,234,567.890000001"),
            (.money(Money(nanoUSD: -1_000_500_000_000)), "-$1,000.50"), (.money(.zero), "$0.00"),
            (.about(Money(nanoUSD: 49_999)), "<$0.0001"), (.about(Money(nanoUSD: 50_000)), "$0.0001"),
            (.about(.zero), "$0.00"), (.percent(99.99), "99.9 %"), (.count(-1_234_567), "-1,234,567"),
        ])
    func thousands(cell: Cell, text: String) {
        #expect(cell.text(timeZone: .gmt) == text)
    }

    @Test("rounds no percentage up for programs either")
    func percentages() { #expect(Cell.percent(99.99).plainText == "99.9") }

    @Test(
        "draws bars that never look full before they are, nor empty when something is there",
        arguments: [
            (Bar(filled: 0), "░░░░░░░░░░"), (Bar(filled: 0.001), "█░░░░░░░░░"), (Bar(filled: 0.999), "█████████░"),
            (Bar(filled: 1), "██████████"), (Bar(filled: 1.4), "██████████"),
            (Bar(filled: 0.5, held: 0.21), "█████▒▒▒░░"), (Bar(filled: 0.95, held: 0.5), "█████████▒"),
        ])
    func bar(bar: Bar, drawn: String) {
        #expect(bar.text(width: 10, isUnicode: true) == drawn)
    }

    @Test("counts the columns of a terminal, not characters")
    func widths() {
        #expect(TerminalText.width("daily") == 5)
        #expect(TerminalText.width("日次") == 4)
        #expect(TerminalText.width("e\u{301}") == 1)
        #expect(TerminalText.shortened("日次予算", to: 5, ellipsis: "…") == "日次…")
    }
}

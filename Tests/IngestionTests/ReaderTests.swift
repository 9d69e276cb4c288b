import Foundation
import Testing

@testable import Ingestion

@Suite("Readers")
struct ReaderTests {
    private func lines(_ text: String) throws -> [String] { try UTF8Lines.of(Data(text.utf8)) }

    @Test("Markdown: headings of both forms, items and fences")
    func markdown() throws {
        let sections = MarkdownReader.sections(
            try lines(
                """
                ---
                title: settings
                ---
                Before all.

                # One #
                Text of
                one.
                - a
                - b

                Two
                ---
                ```
                # no heading
                ```
                ### Three
                #no heading either
                # Four
                """))
        #expect(
            sections == [
                Section(headings: [], blocks: ["Before all."]),
                Section(headings: ["One"], blocks: ["Text of\none.", "- a", "- b"]),
                Section(headings: ["One", "Two"], blocks: ["```\n# no heading\n```"]),
                Section(headings: ["One", "Two", "Three"], blocks: ["#no heading either"]),
            ])
    }

    @Test("Text: a paragraph in capitals is text where nothing stands below it, or where it is long")
    func capitals() throws {
        let long =
            "NO WARRANTY IS GIVEN FOR ANYTHING AT ALL,\nNEITHER FOR GOODS NOR FOR SERVICES,\n"
            + "NOR FOR WHAT THE SELLER OR ANYBODY ELSE MAY HAVE SAID OF THEM."
        let sections = TextReader.sections(try lines("TERMS\n\nPay first.\n\n\(long)\n\nThen wait.\n\nNO REFUNDS.\n"))
        #expect(
            sections == [
                Section(headings: ["TERMS"], blocks: ["Pay first.", long, "Then wait."]),
                Section(headings: ["NO REFUNDS."], blocks: ["NO REFUNDS."]),
            ])
    }

    @Test("Text: chapters in capitals, numbered provisions up to the dash")
    func text() throws {
        let sections = TextReader.sections(
            try lines(
                """
                THE CONSUMER ACT, 2019
                Act No. 35

                CHAPTER IV
                COMMISSIONS

                34. Jurisdiction.—(1) Subject to the rest.
                (2) More.

                35A. Manner of complaint.—A complaint may be filed.
                """))
        #expect(
            sections == [
                Section(headings: ["THE CONSUMER ACT, 2019"], blocks: ["Act No. 35"]),
                Section(
                    headings: ["CHAPTER IV COMMISSIONS", "34. Jurisdiction"],
                    blocks: ["34. Jurisdiction.—(1) Subject to the rest.\n(2) More."]),
                Section(
                    headings: ["CHAPTER IV COMMISSIONS", "35A. Manner of complaint"],
                    blocks: ["35A. Manner of complaint.—A complaint may be filed."]),
            ])
    }

    @Test("Records keep their ids and headings; one that is none is named by its line")
    func records() throws {
        let (sections, withoutText) = try RecordReader.read(
            try lines(
                #"""
                {"id": "a/1", "heading": "H", "text": "T"}

                {"title": "Only a title", "text": "One.\n\nTwo."}
                {"id": "a/2", "text": " \n\n"}
                """#))
        #expect(withoutText == [4])
        #expect(
            sections == [
                Section(id: "a/1", headings: ["H"], blocks: ["T"]),
                Section(headings: ["Only a title"], blocks: ["One.", "Two."]),
            ])
        for bad in [#"{"id": 1}"#, "[]", "{", #"{"text": 5}"#, #"{"id": "", "text": "x"}"#] {
            let text = #"{"text": "fine"}"# + "\n" + bad
            #expect(throws: SkipReason.notARecord(line: 2)) { try RecordReader.read(try lines(text)) }
        }
    }

    @Test("HTML: headings, blocks, entities; no scripts, menus or styles; what is not closed is mended")
    func html() throws {
        let page = """
            <!doctype html><html><head><title>T</title><style>p{}</style></head><body>
            <nav><a href="/">Menu</a></nav><script>alert("x")</script>
            <h1>Refunds &amp; <em>returns</em></h1><p>First <b>bold</b>
            line.<p>Caf\u{e9}&nbsp;second.<ul><li>one<li>two</ul>
            <h2>Fees</h2><table><tr><td>up to</td><td>5 lakh</td></tr><tr><td>a<br>b</td></tr></table>
            <footer>Imprint</footer></body></html>
            """
        let sections = try HTMLReader.sections(Data(page.utf8))
        #expect(
            sections == [
                Section(
                    headings: ["Refunds & returns"], blocks: ["First bold line.", "Café second.", "one", "two"]),
                Section(headings: ["Refunds & returns", "Fees"], blocks: ["up to 5 lakh", "a b"]),
            ])
    }

    @Test("HTML in an encoding that it names is read in it; one that names none is not guessed")
    func encodings() throws {
        var latin = Data(#"<html><head><meta charset="iso-8859-1"></head><body><p>Caf"#.utf8)
        latin += [0xE9] + Data("</p></body></html>".utf8)
        #expect(try HTMLReader.sections(latin) == [Section(headings: [], blocks: ["Café"])])
        #expect(throws: SkipReason.notUTF8(line: 1)) { try HTMLReader.sections(Data([0x3C, 0x70, 0x3E, 0xE9])) }
    }

    @Test("A page nested deeper than any stack is read")
    func deep() throws {
        let page = String(repeating: "<div>", count: 100_000) + "deep"
        #expect(throws: Never.self) { try HTMLReader.sections(Data(page.utf8)) }
    }

    @Test(
        "What is not UTF-8 is named by its line",
        arguments: [
            (Data([0x61, 0x0A, 0xE9, 0x0A]), 2), (Data([0xFF, 0xFE, 0x61, 0x00]), 1), (Data([0x61, 0x00]), 1),
        ])
    func notUTF8(bytes: Data, line: Int) {
        #expect(throws: SkipReason.notUTF8(line: line)) { try UTF8Lines.of(bytes) }
    }
}

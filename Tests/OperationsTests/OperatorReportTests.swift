import Documents
import Foundation
import FunctionKit
import GoldenFiles
import Messaging
import Spending
import Testing

@testable import Composition
@testable import Emulator
@testable import HostProcess
@testable import Operations
@testable import Retrieval

@Suite("What operators are shown")
struct OperatorReportTests {
    /// HTML for one of them is enough: each file would have the whole style sheet.
    private static let formats = DocumentFormat.allCases.filter { $0 != .html }

    private func expect(_ document: Document, _ format: DocumentFormat, equals name: String) throws {
        try GoldenFile.expect(document.rendered(as: format), equals: "\(name)/\(name).\(format.rawValue)")
    }

    /// Three letters: one that a host buried, one of another program, one that is too long to be read.
    private static func letters(showsPayloads: Bool) -> [DeadLetter] {
        let buried = Message(
            id: "6f1c2a7e-0000-4000-8000-000000000001", body: Data("{\"question\": \"`a|b`\",\n\"n\": 1}".utf8),
            headers: [
                "sluice-format": "1", "sluice-attempt": "3", "sluice-tenant": "acme",
                "sluice-error": "model-rejected (ValidationException)",
                "sluice-error-explanation": "the model refused the request: its prompt is longer than its window",
                "sluice-failed-function": "llm-connector", "sluice-failed-at": "2026-11-23T10:00:00Z",
            ])
        var long = Message(id: "long\u{1b}[31m", body: Data(), headers: [:])
        long.unreadBodyBytes = 20_000_000
        return [
            DeadLetter(buried, function: "llm-connector", showsPayload: showsPayloads),
            DeadLetter(
                Message(id: "theirs", body: Data("=1+1".utf8)), function: "rag-core", showsPayload: showsPayloads),
            DeadLetter(long, function: "rag-core", showsPayload: showsPayloads),
        ]
    }

    @Test("queues are counted in every format", arguments: formats)
    func queues(format: DocumentFormat) throws {
        let report = QueueReport(queues: [
            .init(
                function: "rag-core", queue: "waiting", name: "sluice.rag-core", ready: 1234, delivered: 2, delayed: 0),
            .init(
                function: "rag-core", queue: "dead", name: "sluice.rag-core.dead", ready: 1, delivered: 0, delayed: 0),
        ])
        try expect(report.document, format, equals: "queues")
    }

    @Test("a dead letter is shown in every format, and nothing of it is acted upon", arguments: DocumentFormat.allCases)
    func letter(format: DocumentFormat) throws {
        try expect(
            DeadLetterDetails(letters: Self.letters(showsPayloads: true)).document, format, equals: "dead-show")
    }

    @Test("dead letters are listed and replayed in every format", arguments: formats)
    func letters(format: DocumentFormat) throws {
        try expect(
            DeadLetterList(letters: Self.letters(showsPayloads: false), total: 1400).document, format,
            equals: "dead-list")
        try expect(
            DeadLetterChanges(
                letters: [.init(id: "a", function: "rag-core")],
                kept: [.init(id: "b", function: "rag-core", reason: "the broker does not take it")]
            ).document("replayed"), format, equals: "dead-replay")
        #expect(
            try DeadLetterList(letters: [], total: 0).document.rendered(as: .table) == Data("No dead letters\n".utf8))
    }

    @Test("an id is never cut, however narrow the terminal")
    func wholeID() throws {
        let list = DeadLetterList(letters: Self.letters(showsPayloads: false), total: 3)
        let narrow = Terminal(width: 40, isUnicode: true, isColoured: false)
        let text = String(decoding: try list.document.rendered(as: .table, on: narrow), as: UTF8.self)
        #expect(text.contains("6f1c2a7e-0000-4000-8000-000000000001"), "\(text)")
    }

    @Test("steps of a migration are told in every format", arguments: formats)
    func migration(format: DocumentFormat) throws {
        let report = Migration.Report(steps: ["spending.1", "history.1"], done: false, place: "tables")
        try expect(report.document, format, equals: "migrate")
    }

    @Test("a deletion is told in every format", arguments: formats)
    func deletion(format: DocumentFormat) throws {
        try expect(HistoryAccess.Deletion(deleted: 2, underWay: 1).document, format, equals: "delete-tenant")
    }

    @Test("an ingest is told in every format", arguments: formats)
    func ingest(format: DocumentFormat) throws {
        let report = IngestReport(
            collection: "acts", dryRun: false, files: 3, passages: 12, added: 9, replaced: 2, unchanged: 1,
            repeated: 1, stale: 0, pruned: 4,
            skipped: [.init(path: "notes/photo.jpg", reason: "not a kind that is read; write Markdown or text")],
            costMaxUSD: "0.0012", seconds: 1.5)
        try expect(report.document, format, equals: "ingest")
    }

    @Test("what a search found is told in every format", arguments: formats)
    func search(format: DocumentFormat) throws {
        let passage = Passage(
            id: "refunds-1", heading: "Refunds > Kettles",
            text: "A shop that sold a `faulty kettle`\nrefunds it | or repairs it. One ` alone is a backquote.",
            score: 0.0327)
        let found = FoundPassage(
            passage: passage, byWords: .init(place: 1, score: 3.14159), byVector: .init(place: 2, score: 0.87654),
            words: ["refund", "kettle"])
        try expect(SearchReport(query: "refund my kettle", found: [found]).document, format, equals: "search")
        #expect(
            try SearchReport(query: "x", found: []).document.rendered(as: .table)
                == Data("Nothing in the index is about this\n".utf8))
    }

    @Test("a race is told in every format", arguments: formats)
    func race(format: DocumentFormat) throws {
        let report = RaceReport(
            calls: 1000, concurrency: 100, processes: 4, limit: Money(nanoUSD: 500_000_000),
            bound: Money(nanoUSD: 4_367_400), served: 433, spent: Money(nanoUSD: 495_785_000), overshoot: .zero,
            left: Money(nanoUSD: 4_215_000), heldAtEnd: .zero, refused: 567, refusedWhileHeld: 0, failed: 0,
            seconds: 3.1, isSound: true)
        try expect(report.document, format, equals: "race")
    }
}

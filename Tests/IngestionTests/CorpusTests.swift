import Foundation
import TestSupport
import Testing

@testable import Ingestion

@Suite("Corpus", .timeLimit(.minutes(2)))
struct CorpusTests {
    private func folder(_ files: [String: String]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, text) in files {
            let url = folder.url.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return folder
    }

    private func skipped(_ corpus: Corpus, in folder: TemporaryFolder) -> [String: SkipReason] {
        Dictionary(
            uniqueKeysWithValues: corpus.skipped.map { (String($0.path.dropFirst(folder.path.count + 1)), $0.reason) })
    }

    @Test("Passages have ids of the file's name and their content, the same wherever the folder lies")
    func ids() async throws {
        let files = ["My notes.md": "# A\n\nOne.\n\n## B\n\nTwo.", "deep/er/act.txt": "Three."]
        let (one, other) = (try folder(files), try folder(files))
        let corpus = try await Corpus(paths: [one.path])
        #expect(corpus.chunks.map(\.heading) == ["A", "A > B", "act"])
        #expect(corpus.chunks.map(\.text) == ["One.", "Two.", "Three."])
        #expect(corpus.chunks.map { $0.id.dropLast(12) } == ["my-notes-", "my-notes-", "act-"])
        #expect(corpus.chunks == (try await Corpus(paths: [other.path + "/"])).chunks)
        #expect(corpus.filesRead == 2 && corpus.skipped.isEmpty)
        #expect(corpus.chunks[1].embeddedText == "A > B\nTwo.")
    }

    @Test("A long record's parts are told apart, and one text twice is one passage")
    func records() async throws {
        let long = (1...200).map { "Sentence \($0)." }.joined(separator: " ")
        let folder = try folder([
            "a.jsonl": #"{"id": "law/1", "heading": "Law", "text": "\#(long)"}"#, "b/x.txt": "Same.",
            "c/x.txt": "Same.",
        ])
        let corpus = try await Corpus(paths: [folder.path])
        #expect(corpus.chunks.count == 4)
        #expect(corpus.chunks.prefix(3).map(\.id) == ["law/1", "law/1#2", "law/1#3"])
        #expect(corpus.repetitions == 1)
    }

    @Test("Two texts of one id are an error that names both files")
    func sameID() async throws {
        let folder = try folder([
            "a.jsonl": #"{"id": "1", "text": "One."}"#, "b.jsonl": #"{"id": "1", "text": "Two."}"#,
        ])
        await #expect(throws: IngestError.idTwice("1", file: "b.jsonl", other: "a.jsonl")) {
            try await Corpus(paths: [folder.path])
        }
    }

    @Test("What is left out is named, each with its reason, and the rest is read")
    func skips() async throws {
        let folder = try folder([
            "good.md": "# Good\n\nText.", ".hidden.md": "# No", "photo.jpg": "x", "README": "x", "empty.txt": " \n",
            "bad.jsonl": "{}", "scan.pdf": "not a pdf",
            "some.jsonl": #"{"id": "a", "text": ""}"# + "\n\n" + #"{"id": "b", "text": "B."}"# + "\n"
                + #"{"text": " "}"#, "only-heading.md": "# Nothing below", "real/in.txt": "Inside.",
        ])
        let manager = FileManager.default
        try Data([0xE9]).write(to: folder.url.appending(path: "latin.txt"))
        try manager.createDirectory(at: folder.url.appending(path: "void"), withIntermediateDirectories: true)
        for (link, target) in [("loop", "."), ("nowhere.md", "gone.md"), ("real/up", "../real"), ("itself", "itself")] {
            try manager.createSymbolicLink(atPath: "\(folder.path)/\(link)", withDestinationPath: target)
        }
        let corpus = try await Corpus(paths: [folder.path])
        #expect(corpus.chunks.map(\.text) == ["Text.", "Inside.", "B."])
        #expect(
            skipped(corpus, in: folder) == [
                "some.jsonl": .recordsWithoutText(count: 2, line: 1), "photo.jpg": .unknownKind, "README": .unknownKind,
                "empty.txt": .noText,
                "bad.jsonl": .notARecord(line: 1),
                "scan.pdf": .unreadablePDF, "only-heading.md": .noText, "latin.txt": .notUTF8(line: 1),
                "void": .emptyFolder, "loop": .linkLoop, "nowhere.md": .unreadable, "real/up": .linkLoop,
                "itself": .unreadable,
            ])
        #expect(corpus.skipped.filter(\.isLoss).count == 8)
    }

    @Test("A path that leads nowhere is an error")
    func noSuchPath() async throws {
        await #expect(throws: IngestError.noSuchPath("/no/such/place")) {
            try await Corpus(paths: ["/no/such/place"])
        }
    }

    @Test("PDF is read by its text; a damaged or encrypted one is left out")
    func pdf() async throws {
        let folder = try folder([:])
        let pages = ["CHAPTER I\nFEES\n\nA complaint of up to\nfive lakh rupees is free.", "Second page."]
        let whole = PDFFile.of(pages)
        try whole.write(to: folder.url.appending(path: "-q.pdf"))
        try whole.prefix(whole.count / 3).write(to: folder.url.appending(path: "cut.pdf"))
        let corpus = try await Corpus(paths: [folder.path])
        #expect(
            corpus.chunks.map(\.text).joined(separator: "\n\n").contains(
                "A complaint of up to five lakh rupees is free."))
        #expect(corpus.chunks.contains { $0.text.contains("Second page.") })
        #expect(skipped(corpus, in: folder) == ["cut.pdf": .unreadablePDF])
    }
}

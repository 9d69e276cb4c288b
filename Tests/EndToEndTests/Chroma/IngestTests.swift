import ChromaTestServer
import Foundation
import TestSupport
import Testing

@Suite("sluice ingest and search", .timeLimit(.minutes(5)))
struct IngestTests {
    private static let notes = """
        # Refunds

        A seller who takes back a faulty kettle refunds its price within ten days.

        ## Deadline

        A complaint comes within two years.
        """

    private func write(_ files: [String: String], to folder: TemporaryFolder) throws {
        let notes = folder.url.appending(path: "notes")
        try FileManager.default.createDirectory(at: notes, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: notes.appending(path: name)) }
    }

    @Test("files go in, are found with the reason, and answer a question", arguments: ChromaRelease.allCases)
    func whole(release: ChromaRelease) async throws {
        let folder = try TemporaryFolder()
        try write(["refunds.md": Self.notes, "photo.jpg": ""], to: folder)
        let view = ChromaCollectionView(try await .shared(release))

        let dry = try await SluiceProcess.run(
            ["ingest", "--dry-run", "notes"], in: folder.url,
            environment: view.environment.merging(["SLUICE_BROKER_URL": "amqp://127.0.0.1:9"]) { $1 })
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.hasPrefix("Would bring `\(view.name)` up to date with 1 file"))
        #expect(try await view.count() == 0)

        let first = try await SluiceProcess.run(["ingest", "notes"], in: folder.url, environment: view.environment)
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            first.output == """
                Brought `\(view.name)` up to date with 1 file

                  passages  2: 2 added, 0 replaced, 0 unchanged

                Skipped
                  notes/photo.jpg  not a kind that is read; write Markdown, text, JSONL, HTML or
                                   PDF
                """)
        #expect(first.errors.contains("2 of 2 passages"))

        let search = try await SluiceProcess.run(
            ["search", "--limit", "1", "Does the shop refund my kettle?"], in: folder.url,
            environment: view.environment.merging(["SLUICE_BROKER_URL": "amqp://127.0.0.1:9"]) { $1 })
        #expect(search.status == 0, "\(search.errors)")
        #expect(search.output.contains("1. [refunds-"))
        let shown = search.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(shown.contains("holds refund, kettle"))
        #expect(shown.contains("words: place 1") && shown.contains("vector: place 1"))

        let answer = try await SluiceProcess.run(
            ["ask", "--format", "json", "Does the shop refund my faulty kettle?"], in: folder.url,
            environment: view.environment)
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(try AnswerJSON(answer.output).citations.contains { $0.heading == "Refunds" })
    }

    @Test("a question waits for a Chroma that is away when it is asked", arguments: ChromaRelease.allCases)
    func waits(release: ChromaRelease) async throws {
        let folder = try TemporaryFolder()
        try write(["refunds.md": Self.notes], to: folder)
        let server = try await ChromaTestServer(release)
        let view = ChromaCollectionView(server)
        let ingest = try await SluiceProcess.run(["ingest", "notes"], in: folder.url, environment: view.environment)
        #expect(ingest.status == 0, "\(ingest.errors)")
        await server.die()
        async let answer = SluiceProcess.run(
            ["ask", "--format", "json", "Does the shop refund my faulty kettle?"], in: folder.url,
            environment: view.environment)
        try await server.start()
        let ending = try await answer
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(try AnswerJSON(ending.output).citations.contains { $0.heading == "Refunds" })
    }

    @Test("what cannot be done is said in one line that says what to do")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try write(["refunds.md": Self.notes, "latin.txt": "x"], to: folder)
        try Data([0x61, 0xE9]).write(to: folder.url.appending(path: "notes/latin.txt"))
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "void"), withIntermediateDirectories: true)
        let view = ChromaCollectionView(try await .shared(.old))
        let cases: [([String], [String: String], Int32, String)] = [
            (["ingest", "notes"], ["SLUICE_CHROMA_URL": ""], 1, "set SLUICE_CHROMA_URL"),
            (["ingest", "nowhere"], [:], 1, "nowhere: there is no such file or folder"),
            (["ingest", "void"], [:], 1, "there is no text to ingest"),
            (
                ["ingest", "--prune", "notes"], [:], 1,
                "1 file could not be read (notes/latin.txt: line 1 is not valid UTF-8"
            ),
            (["ingest", "notes/latin.txt"], [:], 1, "no text to ingest (notes/latin.txt: line 1 is not valid UTF-8"),
            (["ingest", "notes"], ["SLUICE_CHROMA_EMBEDDER": "bm25"], 1, "write one of lexical, amazon.titan"),
            (["ingest", "notes"], ["SLUICE_CHROMA_DATABASE": "nosuch"], 1, "no database `nosuch`"),
            (["search", "kettle"], [:], 1, "has no collection"),
            (["search", "--limit", "0", "kettle"], [:], 2, "write 1 to 50"),
        ]
        for (arguments, environment, status, text) in cases {
            let ending = try await SluiceProcess.run(
                arguments, in: folder.url, environment: view.environment.merging(environment) { $1 })
            #expect(ending.status == status, "\(arguments): \(ending.errors)")
            #expect(ending.errors.contains(text), "\(arguments): \(ending.errors)")
        }
        #expect(try await view.count() == 0)
        // Without --prune what can be read is taken, and the rest named.
        let rest = try await SluiceProcess.run(["ingest", "notes"], in: folder.url, environment: view.environment)
        #expect(rest.status == 0 && rest.output.contains("notes/latin.txt  line 1 is not valid UTF-8"))
        #expect(try await view.count() == 2)
    }

    @Test("search without Chroma looks through the bundled notes, and says so in JSON too")
    func embedded() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["search", "--format", "json", "--limit", "1", "Is a faulty phone defective goods?"], in: folder.url)
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains(#""id" : "defective-goods""#) && !ending.output.contains("by_vector"))
    }
}

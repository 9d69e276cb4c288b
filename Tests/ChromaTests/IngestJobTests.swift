import ChromaTestServer
import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import Synchronization
import TestSupport
import Testing

@testable import Ingestion

@Suite("IngestJob on a real Chroma", .timeLimit(.minutes(4)))
struct IngestJobTests {
    /// A folder of notes, the collection that it goes into, and how it gets there.
    private struct Setup {
        let folder: TemporaryFolder
        let client: ChromaClient
        let job: IngestJob

        init(_ server: ChromaTestServer) throws {
            folder = try TemporaryFolder()
            client = ChromaClient(
                ChromaConfiguration(url: server.url, collection: "test-\(UUID().uuidString.lowercased())"),
                http: server.http)
            job = IngestJob(client: client, embedder: try LexicalEmbedder()) { .testing() }
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: folder.url.appending(path: name))
        }

        @discardableResult
        func ingest(prunes: Bool = false, progress: (IngestProgress) -> Void = { _ in }) async throws -> IngestPlan {
            let plan = try await job.plan(Corpus(paths: [folder.path]))
            try await job.carryOut(plan, prunes: prunes, progress: progress)
            return plan
        }

        func records() async throws -> [String: String] {
            guard let collection = try await client.collection(until: .soon) else { return [:] }
            let records = try await client.records(
                of: collection, offset: 0, limit: 10_000, withTexts: true, until: .soon)
            return Dictionary(uniqueKeysWithValues: records.map { ($0.id, "\($0.metadata.heading ?? ""): \($0.text)") })
        }

        func revision() async throws -> String? {
            try await client.collection(until: .soon)?.metadata?.revision
        }
    }

    @Test(
        "A second run changes nothing; a changed, a new and a gone passage are told apart",
        arguments: ChromaRelease.allCases)
    func again(release: ChromaRelease) async throws {
        let setup = try Setup(await .shared(release))
        try setup.write("notes.md", "# One\n\nFirst.\n\n# Two\n\nSecond.")
        try setup.write("law.jsonl", #"{"id": "law/1", "heading": "Law", "text": "Old."}"#)
        let first = try await setup.ingest()
        #expect(first.writes.count == 3 && first.replacements == 0 && first.collection == nil)
        let (records, revision) = (try await setup.records(), try await setup.revision())
        #expect(Set(records.values) == ["One: First.", "Two: Second.", "Law: Old."])
        #expect(revision != nil)

        let second = try await setup.ingest()
        #expect(second.writes.isEmpty && second.unchanged == 3 && second.stale.isEmpty)
        #expect(try await setup.records() == records)
        #expect(try await setup.revision() == revision)

        try setup.write("notes.md", "# One\n\nFirst.\n\n# Three\n\nThird.")
        try setup.write("law.jsonl", #"{"id": "law/1", "heading": "Law", "text": "New."}"#)
        let third = try await setup.ingest()
        #expect(third.writes.count == 2 && third.replacements == 1 && third.stale.count == 1)
        #expect(Set(try await setup.records().values) == ["One: First.", "Two: Second.", "Three: Third.", "Law: New."])
        #expect(try await setup.revision() != revision)

        try await setup.ingest(prunes: true)
        #expect(Set(try await setup.records().values) == ["One: First.", "Three: Third.", "Law: New."])
    }

    @Test("Progress counts each batch, to the end", arguments: ChromaRelease.allCases)
    func progress(release: ChromaRelease) async throws {
        let setup = try Setup(await .shared(release))
        try setup.write(
            "many.jsonl", (1...150).map { #"{"id": "\#($0)", "text": "Passage \#($0)."}"# }.joined(separator: "\n"))
        let seen = Mutex<[IngestProgress]>([])
        try await setup.ingest { progress in seen.withLock { $0.append(progress) } }
        #expect(seen.withLock { $0.map(\.written) } == [96, 150])
        #expect(seen.withLock { $0.allSatisfy { $0.total == 150 && $0.rate ?? 0 > 0 } })
        #expect(seen.withLock { $0.last?.remaining } == .zero)
    }

    @Test(
        "An ingest outlives a Chroma that is killed in the middle and starts again", arguments: ChromaRelease.allCases)
    func restart(release: ChromaRelease) async throws {
        let server = try await ChromaTestServer(release)
        let setup = try Setup(server)
        let lines = (1...300).map { #"{"id": "\#($0)", "text": "Passage \#($0) about kettles."}"# }
        try setup.write("many.jsonl", lines.joined(separator: "\n"))
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        async let done = setup.ingest { progress in if progress.written == 96 { reach.yield() } }
        for await _ in reached { break }
        await server.die()
        try await server.start()
        _ = try await done
        #expect(try await setup.records().count == 300)
        #expect(try await setup.ingest().unchanged == 300)
    }

    @Test("A collection of another embedder is left as it is", arguments: ChromaRelease.allCases)
    func otherEmbedder(release: ChromaRelease) async throws {
        let setup = try Setup(await .shared(release))
        try setup.write("notes.md", "# One\n\nFirst.")
        try await setup.ingest()
        let other = IngestJob(client: setup.client, embedder: Constant()) { .testing() }
        await #expect(throws: ChromaError.self) { try await other.plan(Corpus(paths: [setup.folder.path])) }
        #expect(try await setup.records().count == 1)
    }

    @Test("Files without a text are an error, and no collection is made", arguments: ChromaRelease.allCases)
    func nothing(release: ChromaRelease) async throws {
        let setup = try Setup(await .shared(release))
        let skipped = [SkippedFile(path: setup.folder.path, reason: .emptyFolder)]
        await #expect(throws: IngestError.nothingToIngest(skipped)) { try await setup.ingest() }
        #expect(try await setup.client.collection(until: .soon) == nil)
    }
}

/// An embedder of another kind.
private struct Constant: Embedder {
    let name = "constant"
    let dimension = 2
    let knowsWordsAlone = false
    let textsMax = 10

    func embed(_ texts: [String], as role: EmbeddingRole, context: InvocationContext) async throws -> [[Float]] {
        texts.map { _ in [1, 0] }
    }
}

import ChromaTestServer
import FunctionKit
import FunctionTesting
import HTTPTransport
import Testing

@testable import Retrieval

@Suite("ChromaIndex on a real Chroma", .timeLimit(.minutes(3)))
struct ChromaIndexTests {
    @Test("Passages come back as they were, best first, found by words and by vector", arguments: ChromaSetup.allCases)
    func search(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        let found = try await index.search("kettle refunds", limit: 2, context: .testing())
        #expect(found.map(\.id) == ["refund", "fees"])
        #expect(found[0].heading == "Getting money back")
        #expect(found[0].text == "The seller refunded the price of a faulty kettle within ten days.")
        // First in both rankings.
        #expect(found[0].score == 2.0 / 61)
        #expect(try await index.search("शिकायत कहाँ करें?", limit: 9, context: .testing()).first?.id == "hindi")
        let odd = try await index.search("odd quoted", limit: 1, context: .testing())
        #expect(odd.map(\.id) == ["quotes \"and\" [slashes]/\\"])
        #expect(odd.first?.text == "A passage with an odd id, and a \"quoted\" word\nin two lines.")
    }

    @Test("What it says of a find: both places, both scores, the words", arguments: ChromaSetup.allCases)
    func explain(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let found = try await ChromaNotes.index(client).explain(
            "Is the kettle free of fees?", limit: 1, context: .testing())
        let best = try #require(found.first)
        #expect(best.passage.id == "fees")
        #expect(best.words == ["kettle", "free", "fees"])
        let (byWords, byVector) = (try #require(best.byWords), try #require(best.byVector))
        #expect(byWords.place == 1 && byWords.score > 0)
        #expect(byVector.place == 1 && (0.3...1).contains(byVector.score))
    }

    @Test(
        "Nothing is found without a search term, or without a word that a passage has", arguments: ChromaSetup.allCases)
    func nothing(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        for query in ["", "what is the", "?", "[PHONE_1]", "zebra"] {
            #expect(try await index.search(query, limit: 3, context: .testing()).isEmpty)
        }
        #expect(try await index.search("kettle", limit: 0, context: .testing()).isEmpty)
    }

    @Test("A new passage is found by the next look", arguments: ChromaSetup.allCases)
    func revision(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        #expect(try await index.search("zebra", limit: 1, context: .testing()).isEmpty)
        try await ChromaNotes.fill(client, [("zebra", "Animals", "A zebra has stripes.")], revision: "2")
        #expect(try await index.search("zebra", limit: 1, context: .testing()).map(\.id) == ["zebra"])
    }

    @Test("A collection that was replaced is found again, also between two looks", arguments: ChromaSetup.allCases)
    func replaced(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client, lookInterval: .seconds(3600))
        #expect(try await index.search("kettle", limit: 1, context: .testing()).count == 1)
        try await client.send("DELETE", until: .soon) { $0.collection(client.configuration.collection) }
        try await ChromaNotes.fill(client, [("other", "Kettles", "Another kettle.")])
        #expect(try await index.search("kettle", limit: 9, context: .testing()).map(\.id) == ["other"])
    }

    @Test("There may be no collection yet", arguments: ChromaSetup.allCases)
    func noCollection(setup: ChromaSetup) async throws {
        let client = try await setup.client(collection: "never-made")
        let index = try ChromaNotes.index(client)
        await #expect(throws: ChromaError.noCollection("never-made")) {
            try await index.search("kettle", limit: 1, context: .testing())
        }
        await #expect(throws: ChromaError.noCollection("never-made")) { try await index.check() }
    }

    @Test("A collection is refused whose vectors came from elsewhere", arguments: ChromaSetup.allCases)
    func embedders(setup: ChromaSetup) async throws {
        let client = try await setup.client(collection: "elsewhere-\(setup.rawValue)")
        let path: @Sendable (ChromaPaths) -> String = { $0.collections }
        try await client.send(
            "POST", body: .init(#"{"name":"\#(client.configuration.collection)"}"#.utf8), until: .soon, path: path)
        let unknown = ChromaError.unknownEmbedder(collection: client.configuration.collection)
        await #expect(throws: unknown) { try await ChromaNotes.index(client).check() }

        let other = try await setup.client()
        try await ChromaNotes.fill(other)
        let index = ChromaIndex(client: other, embedder: ThreeNumbers())
        let refusal = ChromaError.otherEmbedder(
            collection: other.configuration.collection, its: "lexical-1/768", ours: "three/3")
        await #expect(throws: refusal) { try await index.search("kettle", limit: 1, context: .testing()) }
        await #expect(throws: refusal) { try await index.check() }
    }

    @Test("Vectors of another length are refused by name, read or written", arguments: ChromaSetup.allCases)
    func dimensions(setup: ChromaSetup) async throws {
        let client = try await setup.client()
        try await ChromaNotes.fill(client)
        let collection = try #require(try await client.collection(until: .soon))
        let problem = ChromaError.otherDimension(collection: client.configuration.collection)
        await #expect(throws: problem) {
            _ = try await client.nearest(to: [1, 0, 0], in: collection, limit: 1, until: .soon)
        }
        await #expect(throws: problem) {
            let record = ChromaRecord(id: "short", text: "A", heading: "", digest: "", source: "")
            try await client.upsert([record], vectors: [[1, 0, 0]], into: collection, until: .soon)
        }
        #expect(try await client.count(of: collection, until: .soon) == ChromaNotes.passages.count)
    }

    @Test("A database that is not there is named", arguments: ChromaSetup.allCases)
    func database(setup: ChromaSetup) async throws {
        let server = try await ChromaTestServer.shared(setup.release)
        var configuration = ChromaConfiguration(url: "\(server.url)/", database: "nosuch")
        configuration.apis = setup.apis
        let client = ChromaClient(configuration, http: server.http)
        await #expect(throws: ChromaError.noDatabase(tenant: "default_tenant", database: "nosuch")) {
            try await ChromaNotes.fill(client)
        }
    }

    @Test("The server says its version", arguments: ChromaSetup.allCases)
    func version(setup: ChromaSetup) async throws {
        let version = try await setup.client().connect(until: .soon)
        #expect(setup == .newest ? version.hasPrefix("1.") : version == "0.5.23")
    }

    @Test("A server that no longer speaks the older API is spoken to in the newer")
    func fallBack() async throws {
        let server = try await ChromaTestServer.shared(.newest)
        let client = ChromaSetup.client(server, apis: [.v1, .v2])
        try await ChromaNotes.fill(client)
        #expect(try await ChromaNotes.index(client).search("parcel", limit: 1, context: .testing()).count == 1)
        let onlyOld = ChromaSetup.client(server, apis: [.v1])
        await #expect(throws: ChromaError.notChroma(url: server.url)) { try await onlyOld.connect(until: .soon) }
    }

    @Test("The token is shown, and a wrong one is said to be wrong")
    func token() async throws {
        let server = try await ChromaTestServer(.old, token: "open-sesame")
        let client = ChromaSetup.client(server, token: "open-sesame")
        try await ChromaNotes.fill(client)
        #expect(try await ChromaNotes.index(client).search("kettle", limit: 1, context: .testing()).count == 1)
        for token in [nil, "wrong"] {
            await #expect(throws: ChromaError.notAllowed) {
                try await ChromaNotes.index(ChromaSetup.client(server, token: token)).check()
            }
        }
    }
}

/// An embedder of another kind.
private struct ThreeNumbers: Embedder {
    let name = "three"
    let dimension = 3
    let knowsWordsAlone = false
    let textsMax = 1

    func embed(_ texts: [String], as role: EmbeddingRole, context: InvocationContext) async throws -> [[Float]] {
        texts.map { _ in [1, 0, 0] }
    }
}

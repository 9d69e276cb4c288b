import ChromaTestServer
import Foundation
import FunctionKit
import FunctionTesting
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import Retrieval

@Suite("ChromaIndex where Chroma fails", .timeLimit(.minutes(4)))
struct ChromaFailureTests {
    @Test("A question waits for a Chroma that was killed and starts again", arguments: ChromaRelease.allCases)
    func restart(release: ChromaRelease) async throws {
        let server = try await ChromaTestServer(release)
        let client = ChromaSetup.client(server)
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        #expect(try await index.search("kettle", limit: 9, context: .testing()).count == 2)
        await server.die()
        async let found = index.search("kettle", limit: 9, context: .testing(timeout: .seconds(60)))
        try await server.start()
        #expect(try await found.map(\.id).sorted() == ["fees", "refund"])
    }

    @Test("A question waits for a Chroma that is frozen for a while", arguments: ChromaRelease.allCases)
    func frozen(release: ChromaRelease) async throws {
        let server = try await ChromaTestServer(release)
        let client = ChromaSetup.client(server, attemptTimeout: .seconds(1))
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        _ = try await index.search("kettle", limit: 9, context: .testing())
        server.freeze()
        async let late = index.search("kettle", limit: 9, context: .testing(timeout: .seconds(60)))
        await #expect(throws: ChromaError.noAnswer(url: server.url)) {
            try await index.search("kettle", limit: 9, context: .testing(timeout: .seconds(2)))
        }
        server.thaw()
        #expect(try await late.count == 2)
    }

    @Test(
        "A Chroma that is out of memory is asked again, and has everything once it has some",
        arguments: ChromaRelease.allCases)
    func outOfMemory(release: ChromaRelease) async throws {
        let server = try await ChromaTestServer(release)
        let client = ChromaSetup.client(server)
        try await ChromaNotes.fill(client)
        let long = (0..<256).map { ("long-\($0)", "Long", String(repeating: "kettle \($0) ", count: 10_000)) }
        let records = long.map { ChromaRecord(id: $0.0, text: $0.2, heading: $0.1, digest: $0.0, source: "long.md") }
        let vectors = try await LexicalEmbedder().embed(long.map(\.1), as: .document, context: .testing())
        let collection = try #require(try await client.collection(until: .soon))
        try await server.takeMemory()
        let error = try await #require(throws: ChromaError.self) {
            try await client.upsert(records, vectors: vectors, into: collection, until: .now + .seconds(5))
        }
        #expect(error.isTransient)
        // The older one takes its time to get over it.
        async let written: Void = client.upsert(
            records, vectors: vectors, into: collection, until: .now + .seconds(150))
        // The older one lives on; the newer one ends, and whoever runs it starts it again.
        if release == .newest {
            await server.die()
            try await server.start()
        } else {
            try await server.giveMemory()
        }
        try await written
        #expect(try await client.count(of: collection, until: .soon) == ChromaNotes.passages.count + records.count)
    }

    @Test("A question with little time does not wait as long as one with much that asked before")
    func impatient() async throws {
        let server = try RawServer { request in
            request.contains("/version") ? .send(Self.answer(200, #""1.0.0""#)) : .stall
        }
        let http = try HTTPClient()
        let client = ChromaClient(ChromaConfiguration(url: server.url), http: http)
        let index = try ChromaNotes.index(client)
        await withThrowingTaskGroup { group in
            group.addTask { _ = try await index.search("kettle", limit: 1, context: .testing(timeout: .seconds(600))) }
            for await event in server.events {
                if case .request(let request) = event, request.contains("/collections") { break }
            }
            await #expect(throws: ChromaError.noAnswer(url: server.url)) {
                try await index.search("kettle", limit: 1, context: .testing(timeout: .seconds(1)))
            }
            group.cancelAll()
            await #expect(throws: ChromaError.cancelled) { try await group.next() }
        }
        await http.shutdown()
    }

    @Test("Without Chroma a question is handed back before its time is up, and uses up no attempt")
    func away() async throws {
        try await RawServer.withSilentPort { port in
            let http = try HTTPClient()
            let client = ChromaClient(ChromaConfiguration(url: "http://127.0.0.1:\(port)"), http: http)
            let index = try ChromaNotes.index(client)
            let context = InvocationContext.testing(timeout: .seconds(3))
            let error = try await #require(throws: ChromaError.self) {
                _ = try await index.search("kettle", limit: 1, context: context)
            }
            #expect(context.remaining > .zero)
            if case .unreachable = error {} else { Issue.record("\(error)") }
            #expect(
                error.disposition == .hostTrouble(HostTrouble(.unreachable, code: "chroma-unreachable")))
            await http.shutdown()
        }
    }

    @Test("A Chroma that is replaced by a newer one is spoken to in its API")
    func upgrade() async throws {
        let server = try await ChromaTestServer(.old)
        let client = ChromaSetup.client(server, apis: [.v1, .v2])
        try await ChromaNotes.fill(client)
        let index = try ChromaNotes.index(client)
        _ = try await index.search("kettle", limit: 9, context: .testing())
        await server.die()
        try await server.start(as: .newest)
        let found = try await index.search("kettle", limit: 9, context: .testing(timeout: .seconds(60)))
        #expect(found.map(\.id).sorted() == ["fees", "refund"])
    }

    @Test(
        "What answers like no known Chroma is named",
        arguments: [
            (200, #""2.7.1""#, ChromaError.unknownVersion("2.7.1")), (200, #""0.4.24""#, .unknownVersion("0.4.24")),
            (200, #""""#, .unknownVersion("")), (200, "<html>Welcome</html>", .notChroma(url: "here")),
            (404, "not found", .notChroma(url: "here")), (401, "{}", .notAllowed),
            (301, "", .refused(status: 301, code: "unnamed")),
        ])
    func stranger(status: Int, body: String, problem: ChromaError) async throws {
        let server = try RawServer { _ in .send(Self.answer(status, body)) }
        let http = try HTTPClient()
        let client = ChromaClient(ChromaConfiguration(url: server.url), http: http)
        let expected = if case .notChroma = problem { ChromaError.notChroma(url: server.url) } else { problem }
        await #expect(throws: expected) { try await client.connect(until: .soon) }
        await http.shutdown()
    }

    @Test(
        "A Chroma that cannot serve is asked again until the time is up",
        arguments: [
            (408, ""), (429, ""), (500, ""), (502, ""), (503, ""), (504, ""), (520, ""),
            (400, "Rate limit exceeded for your plan."), (422, "Quota exceeded: 'Queries per day' has a limit of 100"),
        ])
    func failing(status: Int, message: String) async throws {
        let requests = Atomic(0)
        let server = try RawServer { _ in
            requests.add(1, ordering: .relaxed)
            return .send(Self.answer(status, #"{"error":"ChromaError","message":"\#(message)"}"#))
        }
        let http = try HTTPClient()
        let client = ChromaClient(ChromaConfiguration(url: server.url), http: http)
        await #expect(throws: ChromaError.failing(status: status)) {
            try await client.connect(until: .now + .seconds(3))
        }
        await http.shutdown()
        #expect(requests.load(ordering: .relaxed) >= 3)
    }

    @Test(
        "What refuses a call without a reason of Chroma's is the host's trouble, not the question's",
        arguments: [
            (301, "unnamed", true), (407, "unnamed", true), (400, "unnamed", true), (413, "unnamed", true),
            (409, "UniqueConstraintError", true), (400, "InvalidArgumentError", false), (422, "ValueError", false),
        ])
    func whoseFault(status: Int, code: String, isTrouble: Bool) {
        let trouble = Disposition.hostTrouble(HostTrouble(.refused, code: "chroma-refused"))
        #expect(ChromaError.refused(status: status, code: code).disposition == (isTrouble ? trouble : .retry))
    }

    @Test("No error tells what the server said of passages")
    func quiet() async throws {
        let server = try RawServer { request in
            .send(
                request.contains("/version")
                    ? Self.answer(200, #""1.0.0""#)
                    : Self.answer(422, #"{"error":"a secret 1234","message":"the passage says: secret"}"#))
        }
        let http = try HTTPClient()
        let client = ChromaClient(ChromaConfiguration(url: server.url, token: "secret-token"), http: http)
        let error = try await #require(throws: ChromaError.self) { try await client.collection(until: .soon) }
        #expect(error == .refused(status: 422, code: "unnamed"))
        #expect(!"\(error)".contains("secret"))
        await http.shutdown()
    }

    @Test("A vector with a number that is none is not sent", arguments: [Float.nan, .infinity])
    func notANumber(number: Float) {
        #expect(throws: ChromaError.refused(status: 0, code: "VectorNotFinite")) {
            try VectorText.body("embeddings", [[1, number]], and: ["ids": ["a"]])
        }
    }

    private static func answer(_ status: Int, _ body: String) -> String {
        "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }
}

import ChromaTestServer
import Foundation
import FunctionKit
import FunctionTesting
import HTTPTransport

@testable import Retrieval

/// A server and the API that it is spoken to in: all that a search must work with.
enum ChromaSetup: String, Sendable, CaseIterable {
    case oldByV1, oldByV2, newest

    var release: ChromaRelease { self == .newest ? .newest : .old }
    var apis: [ChromaAPI] { self == .oldByV1 ? [.v1] : [.v2, .v1] }

    /// A client for a new collection on the server that tests share.
    func client(collection: String? = nil) async throws -> ChromaClient {
        let server = try await ChromaTestServer.shared(release)
        return Self.client(server, apis: apis, collection: collection)
    }

    /// A client for a collection, by default a new one.
    static func client(
        _ server: ChromaTestServer, apis: [ChromaAPI] = [.v2, .v1], collection: String? = nil, token: String? = nil,
        attemptTimeout: Duration = .seconds(5)
    ) -> ChromaClient {
        var configuration = ChromaConfiguration(
            url: server.url, collection: collection ?? "test-\(UUID().uuidString.lowercased())", token: token,
            attemptTimeout: attemptTimeout)
        configuration.apis = apis
        return ChromaClient(configuration, http: server.http)
    }
}

/// A few passages, and how they come into a collection.
enum ChromaNotes {
    static let passages = [
        ("refund", "Getting money back", "The seller refunded the price of a faulty kettle within ten days."),
        ("delivery", "Late delivery", "A parcel that comes late may be refused by the buyer."),
        ("fees", "Fees", "A complaint of up to five lakh rupees is free of fees. The kettle is not named."),
        ("hindi", "उपभोक्ता अधिकार", "दोषपूर्ण वस्तु की शिकायत ज़िला आयोग में की जा सकती है।"),
        ("quotes \"and\" [slashes]/\\", "Odd", "A passage with an odd id, and a \"quoted\" word\nin two lines."),
    ]

    /// Fills a collection as an ingest does.
    static func fill(
        _ client: ChromaClient, _ passages: [(String, String, String)] = passages, revision: String = "1"
    ) async throws {
        let embedder = try LexicalEmbedder()
        let collection = try await client.makeCollection(.init(embedder: embedder), until: .soon)
        let vectors = try await embedder.embed(
            passages.map { "\($0.1)\n\($0.2)" }, as: .document, context: .testing())
        let records = passages.map {
            ChromaRecord(id: $0.0, text: $0.2, heading: $0.1, digest: $0.2, source: "notes.md")
        }
        try await client.upsert(records, vectors: vectors, into: collection, until: .soon)
        try await client.setMetadata(.init(embedder: embedder, revision: revision), of: collection, until: .soon)
    }

    static func index(_ client: ChromaClient, lookInterval: Duration = .zero) throws -> ChromaIndex {
        ChromaIndex(client: client, embedder: try LexicalEmbedder(), lookInterval: lookInterval)
    }
}

extension ProcessClock.Instant {
    /// Long enough for a busy machine.
    static var soon: Self { .now + .seconds(30) }
}

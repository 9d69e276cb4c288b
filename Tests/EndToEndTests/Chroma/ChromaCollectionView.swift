import ChromaTestServer
import Foundation
import FunctionKit
import Retrieval

/// What lies in a collection, seen beside the program.
struct ChromaCollectionView: Sendable {
    let server: ChromaTestServer
    let name: String

    init(_ server: ChromaTestServer, name: String = "test-\(UUID().uuidString.lowercased())") {
        self.server = server
        self.name = name
    }

    /// What tells the program of it.
    var environment: [String: String] {
        ["SLUICE_CHROMA_URL": server.url, "SLUICE_CHROMA_COLLECTION": name]
    }

    private var client: ChromaClient {
        ChromaClient(ChromaConfiguration(url: server.url, collection: name), http: server.http)
    }

    /// Heading and text of each record by its id; empty where there is no collection.
    func records() async throws -> [String: String] {
        guard let collection = try await client.collection(until: .now + .seconds(60)) else { return [:] }
        var records: [String: String] = [:]
        var offset = 0
        while true {
            let page = try await client.records(
                of: collection, offset: offset, limit: 500, withTexts: true, until: .now + .seconds(60))
            for record in page { records[record.id] = "\(record.metadata.heading ?? "")\n\(record.text)" }
            guard page.count == 500 else { return records }
            offset += 500
        }
    }

    /// How many records there are.
    func count() async throws -> Int {
        guard let collection = try await client.collection(until: .now + .seconds(60)) else { return 0 }
        return try await client.count(of: collection, until: .now + .seconds(60))
    }
}

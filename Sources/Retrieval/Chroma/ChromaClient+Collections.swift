import FoundationEssentials
package import FunctionKit

extension ChromaClient {
    /// The collection of the configuration; nil where the database has none of that name.
    ///
    /// - Throws: ``ChromaError``.
    package func collection(until deadline: ProcessClock.Instant) async throws(ChromaError) -> ChromaCollection? {
        let name = configuration.collection
        do throws(ChromaError) {
            return try await send(
                "a look at the collection", "GET", as: ChromaCollection.self, until: deadline
            ) { $0.collection(name) }
        } catch .noCollection {
            return nil
        }
    }

    /// The collection of the configuration, made where there is none.
    ///
    /// - Parameters:
    ///   - metadata: What a new one is made with; one that exists keeps its own.
    ///   - deadline: When to give up.
    /// - Returns: The collection as it is now.
    /// - Throws: ``ChromaError``.
    package func makeCollection(
        _ metadata: ChromaCollection.Metadata, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) -> ChromaCollection {
        // Of a collection that exists, both versions would overwrite the metadata.
        if let collection = try await collection(until: deadline) { return collection }
        struct Body: Encodable {
            let name: String
            let metadata: ChromaCollection.Metadata
            let get_or_create = true
        }
        try await checkDatabase(until: deadline)
        return try await send(
            "the making of a collection", "POST",
            body: encoded(Body(name: configuration.collection, metadata: metadata)), as: ChromaCollection.self,
            until: deadline
        ) { $0.collections }
    }

    /// 0.5 would say of a database that is not there that it has no collection, and of a new collection that it exists.
    private func checkDatabase(until deadline: ProcessClock.Instant) async throws(ChromaError) {
        do throws(ChromaError) {
            try await send("GET", until: deadline) { $0.databaseItself }
        } catch .refused(status: 400...404, _) {
            throw .noDatabase(tenant: configuration.tenant, database: configuration.database)
        }
    }

    /// Replaces a collection's metadata.
    ///
    /// - Throws: ``ChromaError``.
    package func setMetadata(
        _ metadata: ChromaCollection.Metadata, of collection: ChromaCollection, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) {
        struct Body: Encodable { let new_metadata: ChromaCollection.Metadata }
        try await send("PUT", body: encoded(Body(new_metadata: metadata)), until: deadline, path: path(collection))
    }

    /// Records in a fixed order, page by page.
    ///
    /// - Parameters:
    ///   - collection: Where they are.
    ///   - offset: How many to leave out.
    ///   - limit: The most to give.
    ///   - withTexts: Whether their texts are wanted.
    ///   - deadline: When to give up.
    /// - Returns: Fewer than `limit` at the end alone.
    /// - Throws: ``ChromaError``.
    package func records(
        of collection: ChromaCollection, offset: Int, limit: Int, withTexts: Bool,
        until deadline: ProcessClock.Instant
    ) async throws(ChromaError) -> [ChromaRecord] {
        struct Body: Encodable {
            let limit: Int
            let offset: Int
            let include: [String]
        }
        struct Answer: Decodable {
            let ids: [String]
            let documents: [String?]?
            let metadatas: [ChromaRecord.Metadata?]?
        }
        let body = Body(limit: limit, offset: offset, include: withTexts ? ["metadatas", "documents"] : ["metadatas"])
        let answer = try await send(
            "a read of records", "POST", body: encoded(body), as: Answer.self, until: deadline,
            path: path(collection, "/get"))
        return try Self.records(answer.ids, answer.documents, answer.metadatas)
    }

    /// How many records there are.
    ///
    /// - Throws: ``ChromaError``.
    package func count(
        of collection: ChromaCollection, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) -> Int {
        try await send(
            "a count of records", "GET", as: Int.self, until: deadline, path: path(collection, "/count"))
    }

    /// Writes records, over those of the same ids.
    ///
    /// - Parameters:
    ///   - records: Up to 256.
    ///   - vectors: One a record.
    ///   - collection: Where they go.
    ///   - deadline: When to give up; some of them may be written then.
    /// - Throws: ``ChromaError``.
    package func upsert(
        _ records: [ChromaRecord], vectors: [[Float]], into collection: ChromaCollection,
        until deadline: ProcessClock.Instant
    ) async throws(ChromaError) {
        struct Body: Encodable {
            let ids: [String]
            let documents: [String]
            let metadatas: [ChromaRecord.Metadata]
        }
        let body = Body(
            ids: records.map(\.id), documents: records.map(\.text),
            metadatas: records.map(\.metadata))
        try await send(
            "POST", body: VectorText.body("embeddings", vectors, and: body), until: deadline,
            path: path(collection, "/upsert"))
    }

    /// Deletes records; those that are not there do not matter.
    ///
    /// - Throws: ``ChromaError``.
    package func delete(
        ids: [String], from collection: ChromaCollection, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) {
        try await send("POST", body: encoded(["ids": ids]), until: deadline, path: path(collection, "/delete"))
    }

    /// The records nearest to a vector, the nearest first.
    ///
    /// - Parameters:
    ///   - vector: Of the collection's dimension.
    ///   - collection: Where they are looked for.
    ///   - limit: The most to give, at least 1.
    ///   - deadline: When to give up.
    /// - Returns: The records with their cosine similarity, 1 for the same direction.
    /// - Throws: ``ChromaError``.
    package func nearest(
        to vector: [Float], in collection: ChromaCollection, limit: Int, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) -> [(record: ChromaRecord, similarity: Double)] {
        struct Body: Encodable {
            let n_results: Int
            let include = ["documents", "metadatas", "distances"]
        }
        struct Answer: Decodable {
            let ids: [[String]]
            let documents: [[String?]]?
            let metadatas: [[ChromaRecord.Metadata?]]?
            let distances: [[Double]]?
        }
        let answer = try await send(
            "a query", "POST", body: VectorText.body("query_embeddings", [vector], and: Body(n_results: limit)),
            as: Answer.self, until: deadline, path: path(collection, "/query"))
        guard let ids = answer.ids.first, let distances = answer.distances?.first, ids.count == distances.count else {
            throw .unreadable(call: "a query")
        }
        let records = try Self.records(ids, answer.documents?.first, answer.metadatas?.first)
        return zip(records, distances).map { ($0, 1 - $1) }
    }

    private static func records(
        _ ids: [String], _ documents: [String?]?, _ metadatas: [ChromaRecord.Metadata?]?
    ) throws(ChromaError) -> [ChromaRecord] {
        guard documents?.count ?? ids.count == ids.count, metadatas?.count ?? ids.count == ids.count else {
            throw .unreadable(call: "a read of records")
        }
        return ids.indices.map { index in
            ChromaRecord(
                id: ids[index], text: documents?[index] ?? "",
                metadata: metadatas?[index] ?? ChromaRecord.Metadata())
        }
    }

    private func path(_ collection: ChromaCollection, _ action: String = "") -> (ChromaPaths) -> String {
        { $0.collection(collection.id, action) }
    }

    /// The body as JSON.
    private func encoded(_ body: some Encodable) throws(ChromaError) -> Data {
        do {
            return try JSONEncoder().encode(body)
        } catch {
            // Texts and whole numbers: the encoder has no reason to fail.
            throw .refused(status: 0, code: "NotEncodable")
        }
    }
}

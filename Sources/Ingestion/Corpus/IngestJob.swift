import FoundationEssentials
package import FunctionKit
import Hashing
package import Retrieval

/// Brings a collection up to date with a corpus.
///
/// Passages are written batch by batch, and each is known again by its digest: a run that was killed is taken up where it
/// ended by the next one, and a second run on the same files writes nothing.
package struct IngestJob: Sendable {
    /// How long one call to Chroma may be tried again, so that a restart of it is outlived.
    private static let patience = Duration.seconds(60)
    /// One call's records: small enough that progress is seen and little is done twice.
    ///
    /// No less than a paid model takes in one call, so that the calls are those whose cost was estimated.
    private static let batchMax = 96
    private static let pageSize = 1000

    private let client: ChromaClient
    private let embedder: any Embedder
    private let context: @Sendable () -> InvocationContext

    /// Makes a job.
    ///
    /// - Parameters:
    ///   - client: Reaches the collection.
    ///   - embedder: Makes the vectors.
    ///   - context: In whose name a paid embedder pays for a batch; asked for each, and the same for the same texts in the next
    ///     run.
    package init(
        client: ChromaClient, embedder: any Embedder, context: @escaping @Sendable () -> InvocationContext
    ) {
        self.client = client
        self.embedder = embedder
        self.context = context
    }

    /// Looks what is to be done; writes nothing.
    ///
    /// - Throws: ``IngestError/nothingToIngest(_:)``, or `ChromaError`: also for a collection of another embedder.
    package func plan(_ corpus: Corpus) async throws -> IngestPlan {
        guard !corpus.chunks.isEmpty else { throw IngestError.nothingToIngest(corpus.skipped) }
        guard let collection = try await client.collection(until: deadline) else {
            return IngestPlan(chunks: corpus.chunks, collection: nil, held: [:])
        }
        try collection.check(embedder)
        return IngestPlan(chunks: corpus.chunks, collection: collection, held: try await held(in: collection))
    }

    /// Does it.
    ///
    /// - Parameters:
    ///   - plan: What is to be done.
    ///   - prunes: Whether ``IngestPlan/stale`` passages are deleted, after all others are written.
    ///   - progress: Told after each batch.
    /// - Throws: `ChromaError`, what the embedder throws, or `CancellationError`. What was written stays; the next run
    ///   goes on from there.
    package func carryOut(
        _ plan: IngestPlan, prunes: Bool, progress: (IngestProgress) -> Void
    ) async throws {
        let collection: ChromaCollection
        if let known = plan.collection {
            collection = known
        } else {
            collection = try await client.makeCollection(.init(embedder: embedder), until: deadline)
            // Another ingest may have made it meanwhile.
            try collection.check(embedder)
        }
        let start = ContinuousClock.now
        var written = 0
        for batch in plan.writes.batches(of: min(Self.batchMax, embedder.textsMax)) {
            try Task.checkCancellation()
            let vectors = try await embedder.embed(batch.map(\.embeddedText), as: .document, context: context())
            try await client.upsert(batch.map(ChromaRecord.init), vectors: vectors, into: collection, until: deadline)
            written += batch.count
            progress(IngestProgress(written: written, total: plan.writes.count, elapsed: .now - start))
        }
        var digests = plan.digests
        if prunes {
            for batch in plan.stale.batches(of: Self.pageSize) {
                try await client.delete(ids: Array(batch), from: collection, until: deadline)
                for id in batch { digests[id] = nil }
            }
        }
        // Last: whoever searches looks at it to see that there is something new.
        let revision = Self.revision(digests)
        if collection.metadata?.revision != revision {
            try await client.setMetadata(.init(embedder: embedder, revision: revision), of: collection, until: deadline)
        }
    }

    private var deadline: ProcessClock.Instant { .now + Self.patience }

    /// The digest of each record.
    private func held(in collection: ChromaCollection) async throws -> [String: String] {
        var held: [String: String] = [:]
        var offset = 0
        while true {
            let page = try await client.records(
                of: collection, offset: offset, limit: Self.pageSize, withTexts: false, until: deadline)
            for record in page { held[record.id] = record.metadata.digest ?? "" }
            guard page.count == Self.pageSize else { return held }
            offset += page.count
        }
    }

    /// The same for the same passages, however they came there.
    private static func revision(_ digests: [String: String]) -> String {
        let lines = digests.map { "\($0.key)\u{0}\($0.value)" }.sorted()
        return String(SHA256.hex(Data(lines.joined(separator: "\n").utf8)).prefix(16))
    }
}

extension ChromaRecord {
    fileprivate init(_ chunk: Chunk) {
        self.init(
            id: chunk.id, text: chunk.text, heading: chunk.heading, digest: chunk.digest, source: chunk.source)
    }
}

extension Array {
    /// The elements in order, so many at a time.
    fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}

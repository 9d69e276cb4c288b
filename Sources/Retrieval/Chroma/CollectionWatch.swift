import FunctionKit
import Waiting

/// Keeps the words of a collection in memory, and looks now and then whether it has changed.
///
/// Vectors are searched in Chroma, words here: Chroma ranks by vectors alone. The copy needs about three times the
/// memory of the texts, for 20,000 passages of 500 characters some 30 MB.
actor CollectionWatch {
    /// A collection with the words of its passages.
    struct View: Sendable {
        let collection: ChromaCollection
        let words: EmbeddedIndex
    }

    private static let pageSize = 500

    private let client: ChromaClient
    private let embedder: any Embedder
    private let lookInterval: Duration
    private var view: View?
    private var lookedAt: ContinuousClock.Instant?
    /// How many looks brought something.
    private var looks = 0
    private var isLooking = false
    /// Of those who wait for the look under way; finished when it ends.
    private var waiters: [AsyncStream<Never>.Continuation] = []

    init(client: ChromaClient, embedder: any Embedder, lookInterval: Duration) {
        self.client = client
        self.embedder = embedder
        self.lookInterval = lookInterval
    }

    /// The collection as it is, or was when it was looked at last, up to the interval ago.
    ///
    /// - Parameter deadline: When to give up.
    /// - Returns: The collection with the words of its passages.
    /// - Throws: ``ChromaError``, or an error of SQLite.
    func current(until deadline: ProcessClock.Instant) async throws -> View {
        let looksBefore = looks
        while true {
            if let view, let lookedAt, looks > looksBefore || .now - lookedAt < lookInterval { return view }
            guard isLooking else { return try await look(until: deadline) }
            await untilLookEnds(by: deadline)
            // Whoever looks may have more time than this one.
            guard !Task.isCancelled else { throw ChromaError.cancelled }
            guard .now < deadline else { throw ChromaError.noAnswer(url: client.configuration.url) }
        }
    }

    /// Looks for itself and for all who ask meanwhile; where it fails, the next of them looks.
    private func look(until deadline: ProcessClock.Instant) async throws -> View {
        isLooking = true
        defer {
            isLooking = false
            for waiter in waiters { waiter.finish() }
            waiters = []
        }
        let fresh = try await Self.view(client, embedder, known: view, until: deadline)
        (view, lookedAt) = (fresh, .now)
        looks += 1
        return fresh
    }

    private func untilLookEnds(by deadline: ProcessClock.Instant) async {
        let (end, waiter) = AsyncStream.makeStream(of: Never.self)
        waiters.append(waiter)
        await Deadline(deadline, by: .process).wait { for await _ in end {} }
    }

    /// Looks again at the next question: the collection was replaced.
    func forget() { lookedAt = nil }

    private static func view(
        _ client: ChromaClient, _ embedder: any Embedder, known: View?, until deadline: ProcessClock.Instant
    ) async throws -> View {
        guard let collection = try await client.collection(until: deadline) else {
            throw ChromaError.noCollection(client.configuration.collection)
        }
        try collection.check(embedder)
        if let known, known.collection == collection { return known }
        var passages: [String: Passage] = [:]
        var offset = 0
        while true {
            let page = try await client.records(
                of: collection, offset: offset, limit: pageSize, withTexts: true, until: deadline)
            // A record that moves between two pages while an ingest goes on may come twice.
            for record in page { passages[record.id] = record.passage(score: 0) }
            guard page.count == pageSize else { break }
            offset += pageSize
        }
        let words = try await EmbeddedIndex(passages: passages.values.sorted { $0.id < $1.id })
        return View(collection: collection, words: words)
    }
}

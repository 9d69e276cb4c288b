import FunctionKit

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
    /// Under way for all who ask meanwhile.
    private var look: Task<Result<View, any Error>, Never>?

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
    func current(until deadline: ContinuousClock.Instant) async throws -> View {
        while true {
            if let view, let lookedAt, .now - lookedAt < lookInterval { return view }
            let isOurs = look == nil
            let task = look ?? newLook(until: deadline)
            look = task
            let result = await task.value
            // The first to come back takes note of it; others may have begun another look by then.
            if look == task {
                look = nil
                if case .success(let fresh) = result { (view, lookedAt) = (fresh, .now) }
            }
            // Whoever began that look may have had less time.
            guard case .failure = result, !isOurs, .now < deadline else { return try result.get() }
        }
    }

    private func newLook(until deadline: ContinuousClock.Instant) -> Task<Result<View, any Error>, Never> {
        // Awaited by all who ask meanwhile: that one of them is cancelled is no harm to the others.
        Task { [client, embedder, view] in
            await Result { try await Self.view(client, embedder, known: view, until: deadline) }
        }
    }

    /// Looks again at the next question: the collection was replaced.
    func forget() { lookedAt = nil }

    private static func view(
        _ client: ChromaClient, _ embedder: any Embedder, known: View?, until deadline: ContinuousClock.Instant
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

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

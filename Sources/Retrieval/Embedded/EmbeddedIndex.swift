package import FunctionKit
import GRDB

/// A full-text index in memory, over SQLite's FTS5: nothing to install, nothing to wait for.
///
/// Passages are ranked by BM25 (<https://www.sqlite.org/fts5.html#the_bm25_function>) over words that are folded to
/// their English stem, so that *refunds* finds *refunded*. Words of other scripts are found whole. One connection
/// answers the searches one after the other, off the shared threads.
package struct EmbeddedIndex: ExplainingIndex {
    /// What a word in the heading counts, where a word in the text counts 1.
    ///
    /// Between 1 and 3 the figures on consumer questions, SciFact and usa.gov differ by less than their noise.
    private static let headingWeight = 1.5

    private static let tokenizer = WordStems.tokenizer.map { "'\($0)'" }.joined(separator: " ")

    private let database: DatabaseQueue

    /// Indexes the passages; their own scores do not matter.
    ///
    /// - Throws: ``EmbeddedIndexError/duplicateID(_:)``, an error of SQLite, or `CancellationError`.
    package init(passages: [Passage]) async throws {
        var ids = Set<String>()
        for passage in passages where !ids.insert(passage.id).inserted {
            throw EmbeddedIndexError.duplicateID(passage.id)
        }
        database = try DatabaseQueue()
        try await database.write { database in
            try database.execute(
                sql: """
                    CREATE VIRTUAL TABLE passages USING fts5(
                        id UNINDEXED, heading, body, tokenize = "\(Self.tokenizer)")
                    """)
            let insertion = try database.makeStatement(
                sql: "INSERT INTO passages (id, heading, body) VALUES (?, ?, ?)")
            for passage in passages {
                try insertion.execute(arguments: [passage.id, passage.heading, passage.text])
            }
        }
    }

    /// The passages that hold a word of the query, best first; equal ones ordered by id.
    ///
    /// - Returns: Nothing where the query holds no search term (``SearchTerms``) or `limit` is below 1.
    /// - Throws: An error of SQLite, or `CancellationError`.
    package func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage] {
        try await search(query, limit: limit)
    }

    /// The same, for whoever has no invocation: nothing is waited for or paid.
    func search(_ query: String, limit: Int) async throws -> [Passage] {
        let terms = SearchTerms(query)
        guard !terms.isEmpty, limit > 0 else { return [] }
        return try await database.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, heading, body, bm25(passages, 0, ?, 1) AS score
                    FROM passages WHERE passages MATCH ? ORDER BY score, id LIMIT ?
                    """, arguments: [Self.headingWeight, terms.matchExpression, limit]
            ).map { row in
                let score: Double = row["score"]
                // FTS5 counts better matches further below zero.
                return Passage(id: row["id"], heading: row["heading"], text: row["body"], score: -score)
            }
        }
    }
}

extension EmbeddedIndex {
    /// What a search gives, with the words that it was found by.
    ///
    /// - Throws: An error of SQLite, or `CancellationError`.
    package func explain(_ query: String, limit: Int, context: InvocationContext) async throws -> [FoundPassage] {
        let found = try await search(query, limit: limit)
        let words = try await SharedWords.of(query, in: found.map { "\($0.heading)\n\($0.text)" })
        return zip(found, words).enumerated().map { index, found in
            FoundPassage(
                passage: found.0, byWords: .init(place: index + 1, score: found.0.score), words: found.1)
        }
    }

    /// Does nothing: it is there.
    package func check() {}
}

/// Why passages cannot be indexed.
package enum EmbeddedIndexError: Error, Hashable, CustomStringConvertible {
    /// Two passages have the same id, so that a citation could mean either.
    case duplicateID(String)

    /// One sentence for a person.
    package var description: String {
        switch self {
        case .duplicateID(let id): "two passages have the id \(id); give each an id of its own"
        }
    }
}

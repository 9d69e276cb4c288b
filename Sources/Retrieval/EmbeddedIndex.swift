package import FunctionKit
import GRDB

/// A full-text index in memory, over SQLite's FTS5: nothing to install, nothing to wait for.
///
/// Passages are ranked by BM25 (<https://www.sqlite.org/fts5.html#the_bm25_function>) over words that are folded to
/// their English stem, so that *refunds* finds *refunded*. Words of other scripts are found whole. One connection
/// answers the searches one after the other, off the shared threads.
package struct EmbeddedIndex: PassageIndex {
    /// What a word in the heading counts, where a word in the text counts 1.
    ///
    /// Between 1 and 3 the figures on consumer questions, SciFact and usa.gov differ by less than their noise.
    private static let headingWeight = 1.5

    /// FTS5's own choice of characters leaves out vowel signs (Mc, Mn), which would cut Devanagari words to pieces.
    private static let tokenizer = "porter unicode61 categories 'L* N* Co Mc Mn'"

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
    package func search(_ query: String, limit: Int) async throws -> [Passage] {
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

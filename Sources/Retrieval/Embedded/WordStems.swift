import GRDB

/// The words of texts, folded to their stem as ``EmbeddedIndex`` folds them.
struct WordStems: Sendable {
    /// As FTS5 is told; its own choice of characters leaves out vowel signs (Mc, Mn), which would cut Devanagari words to
    /// pieces.
    static let tokenizer = ["porter", "unicode61", "categories", "L* N* Co Mc Mn"]

    /// Gives access to SQLite's tokenizer; it holds no table.
    private let database: DatabaseQueue

    init() throws { database = try DatabaseQueue() }

    /// The stems of each text in order, without those of the commonest words.
    func of(_ texts: [String]) async throws -> [[String]] {
        try await database.read { database in
            let tokenizer = try database.makeTokenizer(FTS5TokenizerDescriptor(components: Self.tokenizer))
            return try texts.map { text in
                try tokenizer.tokenize(document: SearchTerms.words(of: text).joined(separator: " ")).map(\.token)
            }
        }
    }
}

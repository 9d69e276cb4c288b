/// Finds the words that a query shares with passages.
enum SharedWords {
    /// For each text the query's words whose stem it holds.
    static func of(_ query: String, in texts: [String]) async throws -> [[String]] {
        let terms = SearchTerms(query).terms
        let stems = try await WordStems().of(terms + texts)
        let (ofTerms, ofTexts) = (stems.prefix(terms.count), stems.dropFirst(terms.count))
        return ofTexts.map { stems in
            let held = Set(stems)
            return zip(terms, ofTerms).filter { $1.contains(where: held.contains) }.map(\.0)
        }
    }
}

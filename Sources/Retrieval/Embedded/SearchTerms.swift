/// The words of a question that are worth searching.
///
/// Words are runs of letters, digits and combining marks of any script. Left out are the commonest English words, which
/// say nothing about the subject, and numbered placeholders such as `[PHONE_1]`, which stand where personal data stood.
struct SearchTerms {
    /// The most different terms that are searched, the first ones of the question.
    ///
    /// Each costs a look-up in the index; questions of people stay far below.
    static let termsMax = 64

    /// The different terms in lower case, in order of appearance.
    let terms: [String]

    /// Finds the terms of a question.
    init(_ query: String) {
        var terms: [String] = []
        var seen = Set<String>()
        for term in Self.words(of: query) where seen.insert(term).inserted {
            terms.append(term)
            if terms.count == Self.termsMax { break }
        }
        self.terms = terms
    }

    /// Whether there is nothing to search.
    var isEmpty: Bool { terms.isEmpty }

    /// The terms in FTS5's syntax, any of which may match.
    ///
    /// Each is quoted, and no term can hold a quote: what a person writes never becomes an operator
    /// (<https://www.sqlite.org/fts5.html#full_text_query_syntax>).
    var matchExpression: String { terms.map { "\"\($0)\"" }.joined(separator: " OR ") }

    /// All words of a text that are worth searching, in lower case, in order, as often as they come.
    static func words(of text: String) -> [String] {
        split(text.replacing(/\[[A-Z][A-Z_]*_[0-9]+\]/, with: " ")).lazy.map { Substring($0).lowercased() }
            .filter { !stopWords.contains($0) }
    }

    private static func split(_ text: String) -> [Substring.UnicodeScalarView] {
        text.unicodeScalars.split { scalar in
            switch scalar.properties.generalCategory {
            // The categories of the index's tokenizer.
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber, .privateUse, .spacingMark, .nonspacingMark:
                false
            default: true
            }
        }
    }

    private static let stopWords: Set<String> = [
        "a", "about", "after", "again", "all", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been",
        "before", "being", "both", "but", "by", "can", "could", "did", "do", "does", "don", "down", "during", "each",
        "few", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it",
        "its", "just", "may", "me", "might", "more", "most", "must", "my", "no", "not", "of", "on", "only", "or",
        "other", "our", "out", "over", "own", "s", "same", "shall", "she", "should", "so", "some", "such", "t", "than",
        "that", "the", "their", "then", "there", "these", "they", "this", "to", "too", "under", "up", "very", "was",
        "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why", "will", "with", "would", "you",
        "your",
    ]
}

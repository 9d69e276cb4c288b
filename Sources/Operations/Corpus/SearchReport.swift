package import Documents
import FunctionKit
import HostProcess
import Retrieval

/// What a search found, and why.
package struct SearchReport: Encodable, Sendable {
    /// One passage.
    struct Line: Encodable, Sendable {
        /// A place in one ranking.
        struct Rank: Encodable, Sendable {
            let place: Int
            let score: Double
        }

        let rank: Int
        let id, heading, text: String
        let score: Double
        let byWords, byVector: Rank?
        let words: [String]

        private enum CodingKeys: String, CodingKey {
            case rank, id, heading, text, score, words
            case byWords = "by_words"
            case byVector = "by_vector"
        }
    }

    let query: String
    let passages: [Line]

    init(query: String, found: [FoundPassage]) {
        self.query = query
        passages = found.enumerated().map { index, found in
            Line(
                rank: index + 1, id: found.passage.id, heading: found.passage.heading, text: found.passage.text,
                score: found.passage.score, byWords: found.byWords.map { .init(place: $0.place, score: $0.score) },
                byVector: found.byVector.map { .init(place: $0.place, score: $0.score) }, words: found.words)
        }
    }

    /// A section a passage, with why it was found and how it begins; the records have all of it.
    package var document: Document {
        Document(
            headline: passages.isEmpty
                ? "Nothing in the index is about this" : "\(passages.count.counted("passage")), the best first",
            sections: passages.map { line in
                Section(
                    title: "\(line.rank). [\(line.id)] \(line.heading)",
                    [.note(why(line)), .note(opening(line.text))])
            }, records: records, value: self)
    }

    private var records: Table {
        Table(
            columns: [
                Column("rank", "Rank", isNumeric: true), Column("id", "ID"), Column("heading", "Heading"),
                Column("score", "Score", isNumeric: true), Column("words_place", "Place by words", isNumeric: true),
                Column("words_score", "BM25", isNumeric: true),
                Column("vector_place", "Place by vector", isNumeric: true),
                Column("vector_score", "Cosine", isNumeric: true), Column("words", "Words"), Column("text", "Text"),
            ],
            rows: passages.map { line in
                func number(_ value: Double?) -> Cell { value.map { .text("\($0)") } ?? .none }
                return [
                    .count(line.rank), .text(line.id), .text(line.heading), number(line.score),
                    .count(ifKnown: line.byWords?.place), number(line.byWords?.score),
                    .count(ifKnown: line.byVector?.place), number(line.byVector?.score),
                    .text(line.words.joined(separator: " ")), .text(line.text),
                ]
            })
    }

    private func why(_ line: Line) -> String {
        var reasons: [String] = []
        if let rank = line.byWords { reasons.append("words: place \(rank.place), BM25 \(rank.score.rounded(to: 2))") }
        if let rank = line.byVector {
            reasons.append("vector: place \(rank.place), cosine \(rank.score.rounded(to: 3))")
        }
        if !line.words.isEmpty { reasons.append("holds \(line.words.joined(separator: ", "))") }
        return "score \(line.score.rounded(to: 4)) (\(reasons.joined(separator: "; ")))"
    }

    /// Its first characters in one line.
    private func opening(_ text: String) -> String {
        let shown = text.prefix(240).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.count > 240 ? "\(shown)…" : shown
    }
}

extension Double {
    /// With so many decimals.
    fileprivate func rounded(to decimals: Int) -> String {
        let factor = (0..<decimals).reduce(1.0) { factor, _ in factor * 10 }
        return "\((self * factor).rounded() / factor)"
    }
}

import FunctionKit
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

    /// The report for a person, as many columns wide as given.
    package func text(width: Int) -> String {
        guard !passages.isEmpty else { return "Nothing in the index is about this.\n" }
        return passages.map { line in
            var lines = wrap("\(line.rank). [\(line.id)] \(line.heading)", width: width, indent: "", hanging: "   ")
            lines += wrap(why(line), width: width, indent: "   ")
            lines += wrap(opening(line.text), width: width, indent: "   ")
            return lines.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
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

    private func opening(_ text: String) -> String {
        let shown = text.prefix(240)
        return shown.count < text.count ? "\(shown)…" : text
    }
}

extension Double {
    /// With so many decimals.
    fileprivate func rounded(to decimals: Int) -> String {
        let factor = (0..<decimals).reduce(1.0) { factor, _ in factor * 10 }
        return "\((self * factor).rounded() / factor)"
    }
}

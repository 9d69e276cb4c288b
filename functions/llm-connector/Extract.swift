import Answers
import FunctionKit

/// An answer made of the passages alone: of each, what fits the question best.
struct Extract {
    /// The most sentences of one passage.
    private static let sentencesMax = 2

    /// A paragraph a passage: its heading, its sentences and its id in square brackets.
    let text: String
    /// All passages, best first.
    let citations: [Citation]

    /// Picks the sentences that share most words with the question, in the passage's own order; the first one where none
    /// shares any.
    init(question: String, passages: [Passage]) {
        let wanted = Self.stems(question)
        text = passages.map { passage in
            let sentences = Self.best(of: passage, wanted: wanted).joined(separator: " ")
            return "\(passage.heading): \(sentences) [\(passage.id)]"
        }.joined(separator: "\n\n")
        var seen = Set<String>()
        citations = passages.filter { seen.insert($0.id).inserted }.map { Citation(id: $0.id, heading: $0.heading) }
    }

    private static func best(of passage: Passage, wanted: Set<Substring>) -> [String] {
        let sentences = Sentences.split(unwrapped(passage.text)).map(\.text)
        let scores = sentences.map { wanted.intersection(stems($0)).count }
        let best = sentences.indices.filter { scores[$0] > 0 }.sorted { (scores[$1], $0) < (scores[$0], $1) }
        guard !best.isEmpty else { return Array(sentences.prefix(1)) }
        return best.prefix(sentencesMax).sorted().map { sentences[$0] }
    }

    /// The text with a line a paragraph: wrapped lines are joined, a list with the line that introduces it, and the line of
    /// sources that begins with `Law:` ends it.
    private static func unwrapped(_ text: String) -> String {
        var paragraphs: [String] = []
        var isNew = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(line).trimmed()
            if line.hasPrefix("Law:") { break }
            let isItem = line.hasPrefix("- ") || line.hasPrefix("* ")
            if line.isEmpty {
                isNew = true
            } else if let last = paragraphs.indices.last, !isNew || isItem {
                paragraphs[last] += " " + (isItem ? String(line.dropFirst(2)) : line)
                isNew = false
            } else {
                paragraphs.append(line)
                isNew = false
            }
        }
        return paragraphs.joined(separator: "\n")
    }

    /// Words that say nothing about the subject; those of one or two letters are left out anyway.
    private static let commonWords: Set<Substring> = [
        "about", "and", "any", "are", "but", "can", "could", "did", "does", "for", "from", "get", "had", "has", "have",
        "how", "may", "not", "should", "that", "the", "their", "them", "then", "there", "they", "this", "was", "what",
        "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    ]

    /// The other words, cut to their first six characters: *refunds* meets *refunded*, and *the* meets nothing.
    private static func stems(_ text: String) -> Set<Substring> {
        Set(
            text.lowercased().split { !$0.isLetter && !$0.isNumber }.filter {
                $0.count > 2 && !commonWords.contains($0)
            }
            .map { $0.prefix(6) })
    }
}

import Foundation

/// Writes an answer of the sentences that share most with the question, each followed by its passage's id.
///
/// A shared term counts the more the rarer it is among the sentences; the passage's heading counts a little.
struct ExtractiveWriter {
    private static let sentencesMax = 5
    private static let sentencesMin = 3
    private static let sentencesOfPassageMax = 2
    /// The share of the best sentence's score that another one must reach.
    private static let scoreShareMin = 0.35
    /// The share of the question's weight that a passage must know for the question to count as answered.
    private static let coverageMin = 0.4

    private struct Candidate {
        let passage: Int
        let place: Int
        let text: String
        var score = 0.0
    }

    /// The answer; empty where there is nothing to write from.
    let answer: String

    init(_ conversation: Conversation) {
        let question = Terms.of(conversation.question)
        let sentences = conversation.passages.map { PassageText.sentences($0.lines) }
        let weights = Self.weights(of: question, in: sentences.joined().map { Terms.of($0) })
        let isAnswered = zip(conversation.passages, sentences).contains { passage, sentences in
            Self.answers(Terms.of(passage.heading), sentences.map { Terms.of($0) }, weights)
        }
        guard isAnswered || conversation.unanswerable == nil else {
            answer = conversation.unanswerable ?? ""
            return
        }
        var candidates: [Candidate] = []
        for (number, passage) in conversation.passages.enumerated() {
            let heading = Terms.of(passage.heading)
            for (place, text) in sentences[number].enumerated() {
                let score = Self.score(text, heading: heading, weights) * (1 - 0.05 * Double(min(number, 10)))
                candidates.append(Candidate(passage: number, place: place, text: text, score: score))
            }
        }
        answer = Self.choice(candidates).map { "\($0.text) [\(conversation.passages[$0.passage].id)]" }
            .joined(separator: " ")
    }

    /// The rarer a term among the sentences, the heavier; the heaviest are those that none holds.
    private static func weights(of question: Set<String>, in sentences: [Set<String>]) -> [String: Double] {
        Dictionary(
            uniqueKeysWithValues: question.map { term in
                let count = sentences.count { $0.contains(term) }
                return (term, log(1 + Double(sentences.count + 1) / Double(count + 1)))
            })
    }

    /// Whether a passage knows enough of the question, and one of its sentences holds two of its terms, or the only one.
    private static func answers(_ heading: Set<String>, _ sentences: [Set<String>], _ weights: [String: Double]) -> Bool
    {
        let known = sentences.reduce(heading) { $0.union($1) }
        let total = weights.values.reduce(0, +)
        let covered = weights.filter { known.contains($0.key) }.values.reduce(0, +)
        guard total > 0, covered >= coverageMin * total else { return false }
        let wanted = min(2, weights.count)
        return sentences.contains { sentence in
            weights.keys.count { sentence.contains($0) } >= 1
                && weights.keys.count { sentence.contains($0) || heading.contains($0) } >= wanted
        }
    }

    private static func score(_ text: String, heading: Set<String>, _ weights: [String: Double]) -> Double {
        let terms = Terms.of(text)
        let own = weights.filter { terms.contains($0.key) }.values.reduce(0, +)
        let shared = weights.filter { heading.contains($0.key) && !terms.contains($0.key) }.values.reduce(0, +)
        // A sentence that leans on the one before reads badly by itself, and a very long one drowns the answer.
        let opening = text.prefix { $0.isLetter }.lowercased()
        let leans = ["it", "they", "this", "these", "those", "he", "she", "such", "otherwise", "also"].contains(opening)
        return (own + 0.4 * shared) * (leans ? 0.7 : 1) * (text.utf8.count > 450 ? 0.7 : 1)
    }

    private static func choice(_ candidates: [Candidate]) -> [Candidate] {
        let ranked = candidates.sorted { ($1.score, $0.passage, $0.place) < ($0.score, $1.passage, $1.place) }
        guard let best = ranked.first else { return [] }
        var chosen: [Candidate] = []
        for candidate in ranked where chosen.count < sentencesMax && candidate.score >= scoreShareMin * best.score {
            let fromSame = chosen.count { $0.passage == candidate.passage }
            if fromSame < sentencesOfPassageMax { chosen.append(candidate) }
        }
        // Few fit: what else the same passages say comes before nothing.
        let passages = Set(chosen.map(\.passage))
        for candidate in ranked where chosen.count < sentencesMin && passages.contains(candidate.passage) {
            let isNew = !chosen.contains { $0.passage == candidate.passage && $0.place == candidate.place }
            if isNew { chosen.append(candidate) }
        }
        return chosen.sorted { ($0.passage, $0.place) < ($1.passage, $1.place) }
    }
}

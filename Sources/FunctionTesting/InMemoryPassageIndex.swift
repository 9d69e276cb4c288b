public import FunctionKit

/// A passage index that lives in memory and ranks by the words that query and passage share.
///
/// A passage's score is the number of the query's different words that its heading or text contains, without regard
/// to case; a passage that shares none is not found. Equal scores are ordered by id. Searching looks at every passage:
/// made for the handful of a test, where the reason for a rank should be plain to see.
public struct InMemoryPassageIndex: PassageIndex {
    private let passages: [(passage: Passage, words: Set<String>)]

    /// Makes an index; the passages' own scores do not matter.
    public init(_ passages: [Passage]) {
        self.passages = passages.map { ($0, Self.words($0.heading + " " + $0.text)) }
    }

    /// The passages that share most words with the query, best first.
    public func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage] {
        CallRecorder.current?.add(.search(query, limit: limit))
        let wanted = Self.words(query)
        let found = passages.compactMap { entry -> Passage? in
            var passage = entry.passage
            passage.score = Double(entry.words.intersection(wanted).count)
            return passage.score > 0 ? passage : nil
        }
        return Array(found.sorted { ($1.score, $0.id) < ($0.score, $1.id) }.prefix(limit))
    }

    private static func words(_ text: String) -> Set<String> {
        Set(text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }
}

extension Passage {
    /// A passage with a default for all that a test is not about.
    public static func testing(
        id: String = "defective-goods", heading: String = "Defective goods",
        text: String = "A defective good may be returned. The seller must repair, replace or refund it.",
        score: Double = 1
    ) -> Passage {
        Passage(id: id, heading: heading, text: text, score: score)
    }
}

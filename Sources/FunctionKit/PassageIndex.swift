/// Finds the passages that may answer a question.
public protocol PassageIndex: Sendable {
    /// The best passages, best first; fewer than `limit`, or none, where the index holds no more that match.
    ///
    /// - Parameters:
    ///   - query: A question in plain language. All characters are ordinary text; there is no query syntax.
    ///   - limit: The most passages to return, at least 1.
    ///   - context: Whose question it is, and until when the answer is of use: an index may wait for its server until
    ///     shortly before the deadline, and one that pays for a search pays in this invocation's name.
    /// - Returns: Passages with their scores.
    /// - Throws: What the index's means throw; the invocation is tried again.
    func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage]
}

/// A piece of text that an answer may rest on.
public struct Passage: Sendable, Hashable, Codable {
    /// Names the passage in citations, such as `defective-goods`.
    public var id: String
    /// Its title.
    public var heading: String
    /// Its text.
    public var text: String
    /// How well it fits the query: higher is better, comparable within one search only.
    public var score: Double

    /// Makes a passage.
    public init(id: String, heading: String, text: String, score: Double) {
        self.id = id
        self.heading = heading
        self.text = text
        self.score = score
    }
}

/// A passage that an answer names.
public struct Citation: Sendable, Hashable, Codable {
    /// The passage's id.
    public var id: String
    /// The passage's title.
    public var heading: String

    /// Makes a citation.
    public init(id: String, heading: String) {
        self.id = id
        self.heading = heading
    }
}

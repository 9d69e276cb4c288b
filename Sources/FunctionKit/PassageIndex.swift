/// Finds the passages that fit a query best.
public protocol PassageIndex: Sendable {
    /// The best passages, best first; fewer than `limit`, or none, where the index holds no more that match.
    ///
    /// - Parameters:
    ///   - query: Plain language. All characters are ordinary text; there is no query syntax.
    ///   - limit: The most passages to return, at least 1.
    ///   - context: Whose search it is, and until when its result is of use: an index may wait for its server until
    ///     shortly before the deadline, and one that pays for a search pays in this invocation's name.
    /// - Returns: Passages with their scores.
    /// - Throws: What the index's means throw; the invocation is tried again.
    func search(_ query: String, limit: Int, context: InvocationContext) async throws -> [Passage]
}

/// A piece of text.
public struct Passage: Sendable, Hashable, Codable {
    /// Names the passage wherever it is referred to, such as `defective-goods`.
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

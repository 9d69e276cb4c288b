package import FoundationEssentials

/// What a queue carries: a stage's input, its id and its headers.
package struct Message: Sendable, Hashable {
    /// The question's id, the same through the whole pipeline.
    package var id: String
    /// The next function's input, as JSON.
    package var body: Data
    /// Short texts about the message, never a payload.
    ///
    /// Keys are lowercase with hyphens.
    package var headers: [String: String]

    /// Makes a message.
    package init(id: String, body: Data, headers: [String: String] = [:]) {
        self.id = id
        self.body = body
        self.headers = headers
    }
}

/// Where passages are kept in Chroma, and how they are embedded.
package struct ChromaSettings: Sendable {
    /// Such as `http://127.0.0.1:8000`.
    package var url: String
    /// Who owns the database.
    package var tenant: String
    /// Where the collection is.
    package var database: String
    /// The collection's name.
    package var collection: String
    /// What the server wants to see; nil for nothing.
    package var token: Secret?
    /// What makes the vectors: `lexical`, or the id of a model on Bedrock.
    package var embedder: String
}

package import FunctionKit

/// Turns texts into vectors, so that texts about the same thing lie near each other.
///
/// An index keeps vectors of one embedder alone: those of two say nothing about each other.
package protocol Embedder: Sendable {
    /// Names how the vectors are made, the same in every process and every run; another way has another name.
    var name: String { get }
    /// How many numbers a vector has.
    var dimension: Int { get }
    /// Whether texts without a common word are always unrelated to it, so that a likeness between such is chance.
    var knowsWordsAlone: Bool { get }
    /// The most texts of one call.
    var textsMax: Int { get }

    /// The vectors of some texts, each of length 1 or, for a text without anything to go by, all zeros.
    ///
    /// - Parameters:
    ///   - texts: Up to ``textsMax``, none of them empty.
    ///   - role: What the texts are for.
    ///   - context: In whose name a paid embedder pays, and until when the vectors are of use.
    /// - Returns: A vector of ``dimension`` numbers for each text, in order.
    /// - Throws: `LanguageModelError` where a paid embedder gives none, otherwise what the embedder's means throw.
    func embed(_ texts: [String], as role: EmbeddingRole, context: InvocationContext) async throws -> [[Float]]
}

/// What an embedded text is for; some models place the two differently.
package enum EmbeddingRole: String, Sendable, Hashable {
    /// It is kept, to be found.
    case document
    /// It is searched with.
    case query
}

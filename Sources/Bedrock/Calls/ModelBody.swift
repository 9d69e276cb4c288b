package import FoundationEssentials

/// The body of a request to a model, and what of it is paid for.
package protocol ModelBody: Sendable, Hashable {
    /// What the model answers.
    associatedtype Answer: ModelAnswer

    /// Whether calls of one invocation differ by their bytes alone, as those for many texts do; others go by their place.
    static var isNamedByDigest: Bool { get }
    /// The bytes in UTF-8 of all text that the model reads, template included.
    var inputBytes: Int { get }
    /// The messages or texts that it reads, each of which may add tokens.
    var messages: Int { get }
    /// The most tokens that it may write; 0 for a model that writes none.
    var outputTokensMax: Int { get }

    /// The same request for fewer tokens to be written; itself where it asks for no more.
    func granted(outputTokensMax: Int) -> Self

    /// The same bytes for the same request, in every run, because their digest names the call.
    ///
    /// - Throws: What the encoder says of a number that is no number.
    func encoded() throws -> Data
}

/// The body of a model's answer.
package protocol ModelAnswer: Sendable {
    /// Reads a body; nil where it is none: the decoder's error would quote it.
    init?(_ body: Data)

    /// The tokens that the body counts.
    var counts: TokenCounts { get }
    /// The bytes in UTF-8 of the text that the model wrote, which cannot be no tokens.
    var textBytes: Int { get }
}

extension ModelBody where Self: Encodable {
    /// As JSON with its keys in order.
    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

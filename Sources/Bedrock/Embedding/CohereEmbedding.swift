package import FoundationEssentials

/// The body of a request to Cohere Embed v3.
///
///     {"input_type":"search_document","texts":["..."],"truncate":"NONE"}
package struct CohereEmbeddingRequest: ModelBody, Encodable {
    package typealias Answer = CohereEmbeddingAnswer

    private enum CodingKeys: String, CodingKey {
        case texts, truncate
        case inputType = "input_type"
    }

    /// Up to 96 texts.
    package var texts: [String]
    /// What they are for, in the service's words.
    package var inputType: String
    /// A text that is too long is refused rather than cut in silence.
    package let truncate = "NONE"

    /// Makes a body.
    package init(texts: [String], use: EmbeddingUse) {
        self.texts = texts
        inputType = "search_\(use.rawValue)"
    }

    package static var isNamedByDigest: Bool { true }
    package var inputBytes: Int { texts.reduce(0) { $0 + $1.utf8.count } }
    package var messages: Int { texts.count }
    package var outputTokensMax: Int { 0 }

    package func granted(outputTokensMax: Int) -> CohereEmbeddingRequest { self }
}

/// The body of its answer, which counts no tokens: the service's headers do.
///
///     {"embeddings":[[0.03,...]],"id":"...","response_type":"embeddings_floats","texts":["..."]}
package struct CohereEmbeddingAnswer: ModelAnswer {
    private struct Body: Codable {
        var embeddings: [[Float]]
        var response_type = "embeddings_floats"

        init(embeddings: [[Float]]) { self.embeddings = embeddings }
    }

    private let body: Body

    /// Makes an answer.
    package init(vectors: [[Float]]) { body = Body(embeddings: vectors) }

    package init?(_ body: Data) {
        guard let body = try? JSONDecoder().decode(Body.self, from: body) else { return nil }
        self.body = body
    }

    package var vectors: [[Float]] { body.embeddings }

    /// It writes nothing.
    package var counts: TokenCounts { TokenCounts(output: 0) }

    package var textBytes: Int { 0 }

    /// The body as the service writes it, but for the texts and the id, which nobody here reads.
    package func encoded() throws -> Data { try JSONEncoder().encode(body) }
}

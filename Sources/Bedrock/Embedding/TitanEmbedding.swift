package import FoundationEssentials

/// The body of a request to Titan Text Embeddings V2.
///
///     {"dimensions":1024,"inputText":"...","normalize":true}
package struct TitanEmbeddingRequest: ModelBody, Encodable {
    package typealias Answer = TitanEmbeddingAnswer

    /// The text.
    package var inputText: String
    /// How many numbers the vector shall have.
    package let dimensions = EmbeddingModel.titanV2.dimension
    /// A vector of length 1.
    package let normalize = true

    package static var isNamedByDigest: Bool { true }
    package var inputBytes: Int { inputText.utf8.count }
    package var messages: Int { 1 }
    package var outputTokensMax: Int { 0 }

    package func granted(outputTokensMax: Int) -> TitanEmbeddingRequest { self }
}

/// The body of its answer.
///
///     {"embedding":[0.03,...],"inputTextTokenCount":41}
package struct TitanEmbeddingAnswer: ModelAnswer {
    private struct Body: Codable {
        var embedding: [Float]
        var inputTextTokenCount: Int?

        init(embedding: [Float], inputTextTokenCount: Int) {
            self.embedding = embedding
            self.inputTextTokenCount = inputTextTokenCount
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            embedding = try fields.decode([Float].self, forKey: .embedding)
            inputTextTokenCount = fields.count(forKey: .inputTextTokenCount)
        }
    }

    private let body: Body

    /// Makes an answer.
    package init(vector: [Float], inputTokens: Int) {
        body = Body(embedding: vector, inputTextTokenCount: inputTokens)
    }

    package init?(_ body: Data) {
        guard let body = try? JSONDecoder().decode(Body.self, from: body) else { return nil }
        self.body = body
    }

    /// One.
    package var vectors: [[Float]] { [body.embedding] }

    /// It writes nothing.
    package var counts: TokenCounts { TokenCounts(input: body.inputTextTokenCount, output: 0) }

    package var textBytes: Int { 0 }

    /// The body as the service writes it.
    package func encoded() throws -> Data { try JSONEncoder().encode(body) }
}

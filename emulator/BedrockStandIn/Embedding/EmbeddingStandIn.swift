import Bedrock
import FoundationEssentials
import FunctionKit
import Hashing

/// Plays the embedding models: a vector from the words of a text, so that texts that share words lie near each other.
enum EmbeddingStandIn {
    /// An answer's bytes, with the tokens that were read.
    struct Answer {
        let body: Data
        let inputTokens: Int
    }

    /// Titan: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>.
    static func titan(_ body: Data) throws(ServiceException) -> Answer {
        let fields = try EmbeddingBody.titan(body)
        let tokens = LlamaTokens.split(fields.text).count
        // A vector of numbers: the encoder has no reason to fail.
        guard
            let answer = try? TitanEmbeddingAnswer(
                vector: vector(fields.text, dimension: fields.dimension), inputTokens: tokens
            ).encoded()
        else { throw .internalError }
        return Answer(body: answer, inputTokens: tokens)
    }

    /// Cohere: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>.
    static func cohere(_ body: Data) throws(ServiceException) -> Answer {
        let texts = try EmbeddingBody.cohere(body)
        guard let answer = try? CohereEmbeddingAnswer(vectors: texts.map { vector($0, dimension: 1024) }).encoded()
        else { throw .internalError }
        return Answer(body: answer, inputTokens: texts.reduce(0) { $0 + LlamaTokens.split($1).count })
    }

    private static func vector(_ text: String, dimension: Int) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            let digest = SHA256.digest(Data(word.utf8))
            let place = digest[0..<4].reduce(0) { $0 << 8 | Int($1) }
            vector[place % dimension] += digest[4] & 1 == 0 ? 1 : -1
        }
        let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else {
            vector[0] = 1
            return vector
        }
        return vector.map { $0 / length }
    }
}

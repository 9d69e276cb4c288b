/// The embedding models on Bedrock that can be asked.
///
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>
package enum EmbeddingModel: String, Sendable, Hashable, CaseIterable {
    /// Amazon's, one text a call.
    case titanV2 = "amazon.titan-embed-text-v2:0"
    /// Cohere's for English.
    case cohereEnglish = "cohere.embed-english-v3"
    /// Cohere's for a hundred languages.
    case cohereMultilingual = "cohere.embed-multilingual-v3"

    /// How many numbers a vector has.
    package var dimension: Int { 1024 }

    /// The most texts that one call takes.
    package var textsMax: Int { self == .titanV2 ? 1 : 96 }
}

/// What an embedded text is for; Cohere places the two differently.
package enum EmbeddingUse: String, Sendable, Hashable {
    /// It is kept, to be found.
    case document
    /// It is searched with.
    case query
}

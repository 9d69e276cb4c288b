import FoundationEssentials

/// Bodies of requests to embedding models, with the limits that Bedrock documents.
enum EmbeddingBody {
    private static let titanCharactersMax = 50_000
    private static let cohereTextsMax = 96
    private static let cohereCharactersMax = 2048

    private struct Titan: Decodable {
        var inputText: String
        var dimensions: Int?
        var normalize: Bool?
    }

    private struct Cohere: Decodable {
        var texts: [String]
        var input_type: String
        var truncate: String?
    }

    /// Reads and checks Titan's.
    static func titan(_ body: Data) throws(ServiceException) -> (text: String, dimension: Int) {
        guard let fields = try? JSONDecoder().decode(Titan.self, from: body) else {
            throw .malformed("#: required key [inputText] not found")
        }
        guard !fields.inputText.isEmpty else { throw .malformed("#/inputText: expected minLength: 1, actual: 0") }
        guard fields.inputText.count <= titanCharactersMax else {
            throw .malformed(
                "#/inputText: expected maxLength: \(titanCharactersMax), actual: \(fields.inputText.count)")
        }
        let dimension = fields.dimensions ?? 1024
        guard [256, 512, 1024].contains(dimension) else {
            throw .malformed("#/dimensions: \(dimension) is not a valid enum value")
        }
        return (fields.inputText, dimension)
    }

    /// Reads and checks Cohere's.
    static func cohere(_ body: Data) throws(ServiceException) -> [String] {
        guard let fields = try? JSONDecoder().decode(Cohere.self, from: body) else {
            throw .malformed("#: required key [texts] or [input_type] not found")
        }
        guard (1...cohereTextsMax).contains(fields.texts.count) else {
            throw .malformed("#/texts: expected 1 to \(cohereTextsMax) items, actual: \(fields.texts.count)")
        }
        guard ["search_document", "search_query", "classification", "clustering"].contains(fields.input_type) else {
            throw .malformed("#/input_type: not a valid enum value")
        }
        if let text = fields.texts.first(where: { !(1...cohereCharactersMax).contains($0.count) }) {
            throw .malformed("#/texts: expected 1 to \(cohereCharactersMax) characters, actual: \(text.count)")
        }
        return fields.texts
    }
}

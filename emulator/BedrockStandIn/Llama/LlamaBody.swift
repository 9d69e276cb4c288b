import FoundationEssentials

/// The body of a request to Llama 3, with the limits and defaults that Bedrock documents.
///
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html>
struct LlamaBody: Decodable {
    /// The most that `max_gen_len` may be.
    static let outputTokensLimit = 2048

    let prompt: String
    let outputTokensMax: Int

    init(prompt: String, outputTokensMax: Int) {
        self.prompt = prompt
        self.outputTokensMax = outputTokensMax
    }

    /// Reads and checks a body.
    static func read(_ body: Data) throws(ServiceException) -> LlamaBody {
        do {
            return try JSONDecoder().decode(LlamaBody.self, from: body)
        } catch let exception as ServiceException {
            throw exception
        } catch {
            // No JSON, or no object; the decoder's own words would quote it.
            throw .malformed("#: expected type: JSONObject")
        }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let known = ["prompt", "max_gen_len", "temperature", "top_p"]
        if let extra = fields.allKeys.map(\.stringValue).filter({ !known.contains($0) }).min() {
            throw ServiceException.malformed("#: extraneous key [\(extra)] is not permitted")
        }
        guard fields.contains(Key("prompt")) else {
            throw ServiceException.malformed("#: required key [prompt] not found")
        }
        prompt = try Self.value("prompt", of: fields, type: "String")
        guard !prompt.isEmpty else {
            throw ServiceException.malformed("#/prompt: expected minLength: 1, actual: 0")
        }
        outputTokensMax =
            fields.contains(Key("max_gen_len"))
            ? try Self.value("max_gen_len", of: fields, type: "Integer") : 512
        try Self.check("max_gen_len", Double(outputTokensMax), 1...Double(Self.outputTokensLimit))
        for name in ["temperature", "top_p"] where fields.contains(Key(name)) {
            try Self.check(name, Self.value(name, of: fields, type: "Number"), 0...1)
        }
    }

    private static func value<Value: Decodable>(
        _ name: String, of fields: KeyedDecodingContainer<Key>, type: String
    ) throws -> Value {
        do {
            return try fields.decode(Value.self, forKey: Key(name))
        } catch {
            throw ServiceException.malformed("#/\(name): expected type: \(type)")
        }
    }

    private static func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws {
        if value < range.lowerBound {
            throw ServiceException.malformed("#/\(name): \(value) is not greater or equal to \(range.lowerBound)")
        }
        if value > range.upperBound {
            throw ServiceException.malformed("#/\(name): \(value) is not less or equal to \(range.upperBound)")
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ stringValue: String) { self.stringValue = stringValue }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

import FunctionKit

/// What `rag-core` takes from the manifest.
package struct RAGParameters: Decodable, Sendable {
    /// The most passages to hand on.
    package var passages = 4

    private enum CodingKeys: CodingKey { case passages }

    /// Reads the parameters.
    ///
    /// - Throws: `DecodingError`.
    package init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        if let passages = try keys.decode(Int.self, in: 1...20, forKey: .passages) { self.passages = passages }
    }
}

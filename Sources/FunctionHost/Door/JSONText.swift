package import FoundationEssentials

/// Tells JSON from other bytes.
package enum JSONText {
    /// Whether bytes are one JSON text in UTF-8, of any kind, as queues and stores can keep it.
    package static func isOne(_ bytes: Data) -> Bool {
        // Foundation reads other encodings too, which no function does. A zero byte is none of JSON in UTF-8, and is what
        // UTF-16 has most of.
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
            && (try? JSONDecoder().decode(AnyValue.self, from: bytes)) != nil
    }

    /// Whatever a JSON text says.
    private struct AnyValue: Decodable {
        init(from decoder: any Decoder) {}
    }
}

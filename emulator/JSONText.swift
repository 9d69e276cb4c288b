package import Foundation

/// Tells JSON from other bytes.
package enum JSONText {
    /// Whether bytes are one JSON text in UTF-8, of any kind.
    package static func isOne(_ bytes: Data) -> Bool {
        // Foundation reads other encodings too, which no function does.
        String(validating: bytes, as: UTF8.self) != nil
            && (try? JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)) != nil
    }
}

package import Foundation

extension Encodable {
    /// Stable JSON for programs: sorted keys, a line break at the end.
    package func stableJSON() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

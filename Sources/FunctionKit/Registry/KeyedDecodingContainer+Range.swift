extension KeyedDecodingContainer {
    /// The number under a key, held to a range; nil where the key is not there.
    ///
    /// ```swift
    /// wordsMax = try keys.decode(Int.self, in: 1...500, forKey: .wordsMax) ?? 50
    /// ```
    ///
    /// - Throws: `DecodingError` that says what to write instead.
    public func decode<Number: Decodable & Comparable>(
        _ type: Number.Type, in range: ClosedRange<Number>, forKey key: Key
    ) throws -> Number? {
        guard contains(key) else { return nil }
        guard let number = try? decode(type, forKey: key), range.contains(number) else {
            let kind = type is any BinaryInteger.Type ? "a whole number" : "a number"
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "write \(kind) from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

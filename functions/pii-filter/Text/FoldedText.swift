/// A text as the detectors read it: one character for the many ways to write it, nothing invisible, words and numbers
/// marked, and for each position the way back to the text itself.
final class FoldedText: Sendable {
    /// The folded characters.
    let values: [UInt32]
    /// The class of each folded character.
    let classes: [Folding.Class]
    /// Words and numbers in order.
    let tokens: [Token]
    /// For each position the token that covers it, or the next one; one more than the last at the end.
    let tokenAt: [Int]
    /// For each position the index of its Unicode scalar in the text; one more at the end.
    private let origins: [Int]
    /// All digits of the text in a row.
    let digits: [UInt8]
    /// For each token the place of its first digit in ``digits``, or where that would be.
    let digitStarts: [Int]

    /// Folds a text.
    ///
    /// - Parameters:
    ///   - scalars: The text.
    ///   - barriers: Ranges of scalars that no detector may see, in ascending order.
    init(_ scalars: [Unicode.Scalar], barriers: [Range<Int>]) {
        var values: [UInt32] = []
        var origins: [Int] = []
        values.reserveCapacity(scalars.count)
        origins.reserveCapacity(scalars.count + 1)
        var next = barriers.makeIterator()
        var barrier = next.next()
        for (index, scalar) in scalars.enumerated() {
            if let range = barrier, index >= range.lowerBound {
                values.append(Folding.barrier)
                origins.append(index)
                if index + 1 == range.upperBound { barrier = next.next() }
            } else if let value = Folding.fold(scalar) {
                values.append(value)
                origins.append(index)
            }
        }
        origins.append(scalars.count)
        self.values = values
        self.origins = origins
        classes = values.map(Folding.classify)
        tokens = Self.tokenize(values, classes)
        tokenAt = Self.positions(of: tokens, count: values.count)
        var digits: [UInt8] = []
        digitStarts = tokens.map { token in
            let start = digits.count
            if token.isNumber { digits += values[token.range].map { UInt8(truncatingIfNeeded: $0 & 0xF) } }
            return start
        }
        self.digits = digits
    }

    /// How many characters there are.
    var count: Int { values.count }

    /// The scalars of the text that a range stands for, with the invisible ones inside and right behind it.
    func origin(of range: Range<Int>) -> Range<Int> { origins[range.lowerBound]..<origins[range.upperBound] }

    /// The value at a position; a barrier outside of the text.
    func value(at index: Int) -> UInt32 { values.indices.contains(index) ? values[index] : Folding.barrier }

    /// Whether the ASCII character is at this position.
    func has(_ character: Unicode.Scalar, at index: Int) -> Bool { value(at: index) == character.value }

    /// Whether a letter or digit is at this position.
    func isAlphanumeric(at index: Int) -> Bool {
        guard values.indices.contains(index) else { return false }
        return classes[index] == .letter || classes[index] == .digit
    }

    /// The class at a position; other outside of the text.
    func kind(at index: Int) -> Folding.Class { values.indices.contains(index) ? classes[index] : .other }

    /// The folded text of a range in small letters.
    func lowercased(_ range: Range<Int>) -> String { Self.lowercased(values[range]) }

    private static func lowercased(_ values: ArraySlice<UInt32>) -> String {
        if values.allSatisfy({ $0 < 0x80 }) {
            return String(
                decoding: values.map { UInt8(truncatingIfNeeded: (0x41...0x5A).contains($0) ? $0 + 32 : $0) },
                as: UTF8.self)
        }
        var text = String.UnicodeScalarView()
        for value in values {
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        return String(text).lowercased()
    }

    private static func tokenize(_ values: [UInt32], _ classes: [Folding.Class]) -> [Token] {
        var tokens: [Token] = []
        var start = 0
        while start < values.count {
            let kind = classes[start]
            guard kind == .letter || kind == .digit else {
                start += 1
                continue
            }
            var end = start + 1
            while end < values.count {
                // An apostrophe between letters belongs to the word, as in D'Souza.
                // One letter alone behind it, as in Asha's, does not.
                let joins =
                    kind == .letter && values[end] == 0x27 && end + 2 < values.count
                    && classes[end + 1] == .letter && classes[end + 2] == .letter
                guard classes[end] == kind || joins else { break }
                end += 1
            }
            let shape = kind == .digit ? .number : shape(of: values[start..<end])
            let text = lowercased(values[start..<end])
            let known = shape == .number ? ([], nil) : WordTraits.of(text)
            tokens.append(Token(range: start..<end, shape: shape, text: text, traits: known.0, cue: known.1))
            start = end
        }
        return tokens
    }

    private static func shape(of word: ArraySlice<UInt32>) -> Token.Shape {
        var capitals = 0
        var smalls = 0
        for value in word {
            switch value {
            case 0x41...0x5A: capitals += 1
            case 0x61...0x7A: smalls += 1
            case 0..<0x80: break
            default:
                guard let properties = Unicode.Scalar(value)?.properties else { continue }
                if properties.isUppercase { capitals += 1 } else if properties.isLowercase { smalls += 1 }
            }
        }
        if capitals == 0 { return smalls == 0 ? .caseless : .lower }
        if smalls == 0 { return capitals == 1 && word.count == 1 ? .initial : .upper }
        guard let first = word.first, let scalar = Unicode.Scalar(first), scalar.properties.isUppercase else {
            return .lower
        }
        return .capitalised
    }

    private static func positions(of tokens: [Token], count: Int) -> [Int] {
        var positions: [Int] = []
        positions.reserveCapacity(count + 1)
        for (index, token) in tokens.enumerated() {
            while positions.count < token.range.upperBound { positions.append(index) }
        }
        while positions.count <= count { positions.append(tokens.count) }
        return positions
    }
}

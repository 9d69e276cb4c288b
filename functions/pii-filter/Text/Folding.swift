/// Makes the many ways to write one character one, for matching only: what is kept of a text keeps its own characters.
enum Folding {
    /// A character that is no part of anything: a placeholder, or what has no reading.
    static let barrier: UInt32 = 0xFFFF_FFFF

    /// What a character is to the detectors.
    enum Class: UInt8, Sendable {
        case letter, digit, space, newline, other
    }

    /// The character to match instead of `scalar`, or nil where it is to be read as if it were not there.
    static func fold(_ scalar: Unicode.Scalar) -> UInt32? {
        let value = scalar.value
        return value < 0x80 ? value : foldBeyondASCII(scalar)
    }

    /// The class of a folded character.
    static func classify(_ value: UInt32) -> Class {
        switch value {
        case 0x30...0x39: return .digit
        case 0x41...0x5A, 0x61...0x7A: return .letter
        case 0x20, 0x09: return .space
        case 0x0A...0x0D: return .newline
        case 0..<0x80: return .other
        default: break
        }
        guard let scalar = Unicode.Scalar(value) else { return .other }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        // Vowel signs and viramas of the Indian scripts belong to the word.
        case .nonspacingMark, .spacingMark: return .letter
        default: return .other
        }
    }

    private static func foldBeyondASCII(_ scalar: Unicode.Scalar) -> UInt32? {
        let value = scalar.value
        switch value {
        // Full-width forms of the ASCII characters.
        case 0xFF01...0xFF5E: return value - 0xFEE0
        // Mathematical letters: thirteen alphabets of twice 26.
        case 0x1D400...0x1D6A3:
            let letter = (value - 0x1D400) % 52
            return letter < 26 ? 0x41 + letter : 0x61 + letter - 26
        // Accents over digits and letters, and the box of the keycap emoji.
        case 0x0300...0x036F, 0x20D0...0x20FF, 0x1AB0...0x1AFF, 0xFE00...0xFE0F, 0xE0100...0xE01EF: return nil
        // Fillers without a width that are no format characters by category.
        case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x034F, 0x17B4, 0x17B5: return nil
        case 0x2028, 0x2029, 0x85: return 0x0A
        case 0xFE6B: return 0x40
        case 0x2212, 0xFE63, 0x30FB, 0x2043, 0x02D7: return 0x2D
        case 0x3002, 0xFF61, 0xFE52, 0x2024, 0x00B7, 0x2022, 0x2219: return 0x2E
        case 0x2018, 0x2019, 0x02BC: return 0x27
        default: return foldByProperty(scalar)
        }
    }

    private static func foldByProperty(_ scalar: Unicode.Scalar) -> UInt32? {
        let properties = scalar.properties
        switch properties.numericType {
        // Digits of every script, superscripts and circled digits among them.
        case .decimal, .digit:
            if let value = properties.numericValue, value >= 0, value < 10 { return 0x30 + UInt32(value) }
        default: break
        }
        switch properties.generalCategory {
        case .format, .control: return nil
        case .spaceSeparator: return 0x20
        case .lineSeparator, .paragraphSeparator: return 0x0A
        case .dashPunctuation: return 0x2D
        default: return scalar.value
        }
    }
}

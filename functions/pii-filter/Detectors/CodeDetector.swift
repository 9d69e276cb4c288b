/// Finds codes of letters and digits: PAN, IFSC, GSTIN, voter's card, passport.
///
/// A code is a whole word of letters and digits, in capitals or not. A PAN may also be written in its three parts.
struct CodeDetector: Detector {
    func candidates(in text: FoldedText) -> [Candidate] {
        var found: [Candidate] = []
        var first = 0
        while first < text.tokens.count {
            var last = first
            while last + 1 < text.tokens.count,
                text.tokens[last + 1].range.lowerBound == text.tokens[last].range.upperBound
            {
                last += 1
            }
            let length = text.tokens[last].range.upperBound - text.tokens[first].range.lowerBound
            if last > first, (8...15).contains(length) { found += Self.match(Code(text: text, tokens: first...last)) }
            if let pan = Self.partedPAN(text, at: first) { found.append(pan) }
            first = last + 1
        }
        return found
    }

    /// A word of letters and digits.
    private struct Code {
        let text: FoldedText
        let tokens: ClosedRange<Int>
        let range: Range<Int>
        /// Its characters as capitals.
        let characters: [UInt32]
        let isCapital: Bool

        init(text: FoldedText, tokens: ClosedRange<Int>) {
            self.text = text
            self.tokens = tokens
            range = text.tokens[tokens.lowerBound].range.lowerBound..<text.tokens[tokens.upperBound].range.upperBound
            let values = text.values[range]
            isCapital = !values.contains { (0x61...0x7A).contains($0) }
            characters = values.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 }
        }

        /// Whether each character is a letter (A), a digit (9) or either (X), as the pattern says.
        func fits(_ pattern: StaticString, from start: Int = 0) -> Bool {
            let pattern = Array(pattern.description.utf8)
            guard characters.count - start == pattern.count else { return false }
            return zip(characters[start...], pattern).allSatisfy { character, form in
                let isLetter = (0x41...0x5A).contains(character)
                let isDigit = (0x30...0x39).contains(character)
                return switch form {
                case 0x41: isLetter
                case 0x39: isDigit
                case 0x58: isLetter || isDigit
                default: character == UInt32(form)
                }
            }
        }

        func hasCue(_ cue: Cue, wordsMax: Int = 6) -> Bool {
            text.hasCue([cue], before: tokens.lowerBound, wordsMax: wordsMax)
        }

        /// Whether "order", "invoice" or the like stands right before.
        var isOrder: Bool {
            guard let cue = text.cue(before: tokens.lowerBound, wordsMax: 3) else { return false }
            return cue.cue == .order && cue.isDirect
        }

        func candidate(_ kind: Kind, _ strength: Candidate.Strength = .certain, dropping count: Int = 0) -> Candidate {
            let range = (range.lowerBound + count)..<range.upperBound
            return Candidate(kind: kind, range: range, key: text.lowercased(range), strength: strength)
        }
    }

    private static func match(_ code: Code) -> [Candidate] {
        switch code.characters.count {
        case 8: passport(code)
        case 10: pan(code) + voter(code)
        case 11: ifsc(code)
        case 13: gluedPAN(code)
        case 15: gstin(code)
        default: []
        }
    }

    /// The fourth letter says who holds the PAN: a person, a company, a trust (Income Tax Department).
    private static let holders = Set("ABCFGHJLPT".unicodeScalars.map(\.value))

    private static func pan(_ code: Code) -> [Candidate] {
        guard code.fits("AAAAA9999A"), holders.contains(code.characters[3]) || code.hasCue(.pan) else { return [] }
        return [code.candidate(.pan)]
    }

    /// "PANABCPE1234F".
    private static func gluedPAN(_ code: Code) -> [Candidate] {
        code.fits("PANAAAAA9999A") ? [code.candidate(.pan, dropping: 3)] : []
    }

    /// "ABCPE 1234 F".
    private static func partedPAN(_ text: FoldedText, at first: Int) -> Candidate? {
        guard first + 2 < text.tokens.count, text.tokens[first].range.count == 5 else { return nil }
        let parts = text.tokens[first...(first + 2)]
        guard parts[first + 1].range.count == 4, parts[first + 2].range.count == 1, parts[first + 1].isNumber,
            !parts[first].isNumber,
            parts[first + 2].shape == .initial || text.hasCue([.pan], before: first, wordsMax: 4),
            parts[first].shape == .upper || text.hasCue([.pan], before: first, wordsMax: 4),
            !text.isAlphanumeric(at: parts[first].range.lowerBound - 1),
            !text.isAlphanumeric(at: parts[first + 2].range.upperBound)
        else { return nil }
        let fourth = text.values[parts[first].range.lowerBound + 3]
        guard holders.contains(fourth & ~0x20) else { return nil }
        for index in [parts[first].range.upperBound, parts[first + 1].range.upperBound] {
            guard text.isAlphanumeric(at: index) || text.kind(at: index) == .space || text.has("-", at: index) else {
                return nil
            }
        }
        guard parts[first + 2].range.upperBound - parts[first].range.lowerBound <= 12 else { return nil }
        let range = parts[first].range.lowerBound..<parts[first + 2].range.upperBound
        return Candidate(kind: .pan, range: range, key: parts.map(\.text).joined(), strength: .certain)
    }

    /// Four letters of the bank, a zero, six characters of the branch (Reserve Bank of India).
    private static func ifsc(_ code: Code) -> [Candidate] {
        code.fits("AAAA0XXXXXX") ? [code.candidate(.ifsc)] : []
    }

    /// State code, PAN, number, Z, check character.
    ///
    /// After "GSTIN" a wrong check character does not matter.
    private static func gstin(_ code: Code) -> [Candidate] {
        guard code.fits("99AAAAA9999AXXX"), code.characters[13] == 0x5A else { return [] }
        let state = (code.characters[0] - 0x30) * 10 + code.characters[1] - 0x30
        guard (1...38).contains(state) || [96, 97, 99].contains(state),
            GSTINCheck.holds(code.characters) || code.hasCue(.gstin)
        else { return [] }
        return [code.candidate(.gstin)]
    }

    /// Letters that begin invoice and order numbers.
    private static let documents: Set<String> = [
        "inv", "ord", "awb", "ref", "txn", "srn", "crn", "utr", "pnr", "bil", "tkt", "rma", "sku", "cas", "cmp", "grv",
    ]

    /// Three letters and seven digits (Election Commission of India).
    private static func voter(_ code: Code) -> [Candidate] {
        guard code.fits("AAA9999999"), !code.isOrder else { return [] }
        let isDocument = documents.contains(code.text.lowercased(code.range.lowerBound..<code.range.lowerBound + 3))
        guard code.hasCue(.voter) || code.isCapital && !isDocument else { return [] }
        return [code.candidate(.voterID)]
    }

    /// A letter but Q, X or Z, then seven digits, the first not 0 (Passport Seva).
    private static func passport(_ code: Code) -> [Candidate] {
        guard code.fits("A9999999"), !code.isOrder else { return [] }
        if code.hasCue(.passport) { return [code.candidate(.passport)] }
        guard code.isCapital, code.characters[1] != 0x30, ![0x51, 0x58, 0x5A].contains(code.characters[0]) else {
            return []
        }
        return [code.candidate(.passport, .usual)]
    }
}

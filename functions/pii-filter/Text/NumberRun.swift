/// Neighbouring groups of digits that could be one number.
struct NumberRun: Sendable {
    /// The positions of its first and last token, inclusive.
    let tokens: ClosedRange<Int>
    /// All digits together: a slice of the text's, as a run is made for each start and end.
    let digits: ArraySlice<UInt8>
    /// Where it is, from the first digit to the last.
    let range: Range<Int>
    /// Whether every separator is a space or a dash, alone.
    let isPlain: Bool
    /// Whether there are commas between the groups.
    let hasCommas: Bool
    /// Whether a line ends inside.
    let hasNewline: Bool

    /// Whether it is one group.
    var isContiguous: Bool { tokens.count == 1 }
    /// The digits as text.
    var text: String { Self.text(digits) }

    /// Digits as text.
    static func text(_ digits: ArraySlice<UInt8>) -> String {
        String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
    }

    /// One digit, from 0.
    subscript(_ place: Int) -> UInt8 { digits[digits.startIndex + place] }

    /// How many digits each group has.
    func groups(in text: FoldedText) -> [Int] { tokens.map { text.tokens[$0].range.count } }
}

extension FoldedText {
    /// Calls back for every run of groups with so many digits together.
    ///
    /// Each start has at most as many ends as the most digits, so this is linear.
    func forEachNumberRun(digits allowed: ClosedRange<Int>, groupsMax: Int = 19, _ body: (NumberRun) -> Void) {
        for start in tokens.indices where tokens[start].isNumber {
            var count = 0
            var isPlain = true
            var hasCommas = false
            var newlines = 0
            var end = start
            while end < tokens.count, tokens[end].isNumber, end - start < groupsMax {
                let token = tokens[end]
                count += token.range.count
                guard count <= allowed.upperBound else { break }
                if end > start {
                    guard let separator = separator(before: end) else { break }
                    isPlain = isPlain && separator.isPlain
                    hasCommas = hasCommas || separator.isComma
                    newlines += separator.isNewline ? 1 : 0
                }
                guard newlines <= 1 else { break }
                if count >= allowed.lowerBound {
                    body(
                        NumberRun(
                            tokens: start...end, digits: digits[digitStarts[start]..<(digitStarts[start] + count)],
                            range: tokens[start].range.lowerBound..<token.range.upperBound, isPlain: isPlain,
                            hasCommas: hasCommas, hasNewline: newlines > 0))
                }
                end += 1
            }
        }
    }

    /// What stands between the token and the one before it, or nil where a number cannot go on.
    func separator(before token: Int) -> (isPlain: Bool, isComma: Bool, isNewline: Bool)? {
        guard token > 0 else { return nil }
        let range = tokens[token - 1].range.upperBound..<tokens[token].range.lowerBound
        guard (1...5).contains(range.count) else { return nil }
        var newlines = 0
        for index in range {
            switch classes[index] {
            case .space: break
            case .newline: newlines += 1
            default:
                guard Self.isSeparator(values[index]) else { return nil }
            }
        }
        guard newlines <= 1 else { return nil }
        let isSingle = range.count == 1
        let isComma = has(",", at: range.lowerBound)
        // A comma and a space separate the parts of a list.
        if isComma, !isSingle { return nil }
        let isPlain = isSingle && (classes[range.lowerBound] == .space || has("-", at: range.lowerBound))
        return (isPlain, isComma, newlines > 0)
    }

    /// One of ' ( ) * + , - . / : = _ | ~
    private static func isSeparator(_ value: UInt32) -> Bool {
        switch value {
        case 0x27...0x2F, 0x3A, 0x3D, 0x5F, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Whether a run may stand by itself, with what is glued to its ends.
    ///
    /// "mob9876543210" and "9876543210se" are numbers, "OD9876543210" and "X12A" are codes.
    func isFree(_ run: NumberRun) -> Bool {
        let first = run.tokens.lowerBound
        if first > 0, tokens[first - 1].range.upperBound == run.range.lowerBound {
            let word = tokens[first - 1]
            switch word.cue {
            case .order: return false
            case .some: break
            case nil where word.shape == .lower || word.shape == .caseless: break
            case nil where word.shape == .capitalised && word.range.count > 3: break
            case nil: return false
            }
        }
        let next = run.tokens.upperBound + 1
        if next < tokens.count, tokens[next].range.lowerBound == run.range.upperBound {
            let word = tokens[next]
            return word.shape == .lower || word.shape == .caseless || word.range.count > 2
        }
        return true
    }
}

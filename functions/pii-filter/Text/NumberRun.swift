/// Neighbouring groups of digits that could be one number.
struct NumberRun: Sendable {
    /// The positions of its first and last token, inclusive.
    let tokens: ClosedRange<Int>
    /// All digits together.
    let digits: [UInt8]
    /// How many digits each group has.
    let groups: [Int]
    /// Where it is, from the first digit to the last.
    let range: Range<Int>
    /// Whether every separator is a space or a dash, alone.
    let isPlain: Bool
    /// Whether there are commas between the groups.
    let hasCommas: Bool
    /// Whether a line ends inside.
    let hasNewline: Bool

    /// Whether it is one group.
    var isContiguous: Bool { groups.count == 1 }
    /// The digits as text.
    var text: String { digits.map(String.init).joined() }
}

extension FoldedText {
    /// Calls back for every run of groups with at most `digitsMax` digits together.
    ///
    /// Each start has at most `digitsMax` ends, so this is linear.
    func forEachNumberRun(digitsMax: Int, _ body: (NumberRun) -> Void) {
        for start in tokens.indices where tokens[start].isNumber && tokens[start].range.count <= digitsMax {
            var digits: [UInt8] = []
            var groups: [Int] = []
            var isPlain = true
            var hasCommas = false
            var newlines = 0
            var end = start
            while end < tokens.count, tokens[end].isNumber {
                let token = tokens[end]
                if end > start {
                    guard let separator = separator(before: end) else { break }
                    isPlain = isPlain && separator.isPlain
                    hasCommas = hasCommas || separator.isComma
                    newlines += separator.isNewline ? 1 : 0
                }
                guard digits.count + token.range.count <= digitsMax, newlines <= 1 else { break }
                for index in token.range { digits.append(UInt8(truncatingIfNeeded: values[index] & 0xF)) }
                groups.append(token.range.count)
                body(
                    NumberRun(
                        tokens: start...end, digits: digits, groups: groups,
                        range: tokens[start].range.lowerBound..<token.range.upperBound, isPlain: isPlain,
                        hasCommas: hasCommas, hasNewline: newlines > 0))
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
                guard let scalar = Unicode.Scalar(values[index]), Self.separators.contains(scalar) else { return nil }
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

    private static let separators: Set<Unicode.Scalar> = ["-", ".", "(", ")", "/", "_", "*", "~", "|", ",", "+", ":", "'"]

    /// Whether a run may stand by itself, with what is glued to its ends.
    ///
    /// "mob9876543210" and "9876543210se" are numbers, "OD9876543210" and "X12A" are codes.
    func isFree(_ run: NumberRun) -> Bool {
        let first = run.tokens.lowerBound
        if first > 0, tokens[first - 1].range.upperBound == run.range.lowerBound {
            let word = tokens[first - 1]
            switch Cue.of(word.text) {
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

/// Numbers that are no personal data, by their form: dates, order numbers of one big shop, toll-free lines.
struct KeptNumbers: Sendable {
    /// The tokens that belong to such a number.
    private let kept: Set<Int>

    /// Finds them in a text.
    init(_ text: FoldedText) {
        var kept: Set<Int> = []
        text.forEachNumberRun(digits: 4...17, groupsMax: 5) { run in
            if Self.isTollFree(run, in: text) || Self.isShopOrder(run, in: text) || Self.isDate(run, in: text) {
                kept.formUnion(run.tokens)
            }
        }
        self.kept = kept
    }

    /// Whether the run has a part of a kept number in it.
    func touches(_ run: NumberRun) -> Bool { run.tokens.contains(where: kept.contains) }

    /// 1800 and 1860 lines have six or seven digits after the prefix.
    private static func isTollFree(_ run: NumberRun, in text: FoldedText) -> Bool {
        guard (10...11).contains(run.digits.count), run[0] == 1, run[1] == 8, run[2] == 0 || run[2] == 6, run[3] == 0
        else {
            return false
        }
        return run.isContiguous || [1, 4].contains(text.tokens[run.tokens.lowerBound].range.count)
    }

    /// Three, seven and seven digits with dashes.
    private static func isShopOrder(_ run: NumberRun, in text: FoldedText) -> Bool {
        guard run.digits.count == 17, run.groups(in: text) == [3, 7, 7] else { return false }
        return run.tokens.dropFirst().allSatisfy { text.has("-", at: text.tokens[$0].range.lowerBound - 1) }
    }

    /// A day, a month and a year with one separator, and nothing more joined to it.
    private static func isDate(_ run: NumberRun, in text: FoldedText) -> Bool {
        guard run.tokens.count == 3, run.digits.count <= 8, CalendarDate.isNumeric(run, in: text) else { return false }
        let before = text.value(at: run.range.lowerBound - 1)
        let after = run.range.upperBound
        let joinsAfter =
            text.value(at: after) == text.value(at: text.tokens[run.tokens.lowerBound].range.upperBound)
            && text.kind(at: after + 1) == .digit
        let joinsBefore =
            before == text.value(at: text.tokens[run.tokens.lowerBound].range.upperBound)
            && text.kind(at: run.range.lowerBound - 2) == .digit
        return !joinsAfter && !joinsBefore
    }
}

/// Reads dates in digits.
enum CalendarDate {
    /// Whether three groups are a day, a month and a year from 1900 to 2099, in this order or reversed.
    static func isNumeric(_ run: NumberRun, in text: FoldedText) -> Bool {
        let numbers = run.tokens.map { text.tokens[$0] }
        guard numbers.count == 3, numbers.allSatisfy({ $0.range.count <= 4 }) else { return false }
        let first = text.value(at: numbers[0].range.upperBound)
        guard [0x2D, 0x2F, 0x2E].contains(first), text.value(at: numbers[1].range.upperBound) == first,
            numbers[1].range.lowerBound == numbers[0].range.upperBound + 1,
            numbers[2].range.lowerBound == numbers[1].range.upperBound + 1
        else { return false }
        let values = numbers.compactMap { Int($0.text) }
        guard values.count == 3 else { return false }
        let groups = run.groups(in: text)
        if groups[0] == 4 {
            return isYear(values[0]) && (1...12).contains(values[1]) && (1...31).contains(values[2])
        }
        let hasYear = groups[2] == 4 ? isYear(values[2]) : groups[2] == 2
        let days = (1...31).contains(values[0]) && (1...31).contains(values[1])
        return hasYear && days && (values[0] <= 12 || values[1] <= 12) && groups[0] <= 2 && groups[1] <= 2
    }

    private static func isYear(_ value: Int) -> Bool { (1900...2099).contains(value) }
}

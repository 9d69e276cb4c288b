/// Finds vehicle registrations and driving licences, which begin with the letters of a state.
///
/// Rule 50 of the Central Motor Vehicles Rules, 1989: state, district, up to three letters, up to four digits. The BH
/// series has the year, BH, four digits and one or two letters.
struct RoadDetector: Detector {
    func candidates(in text: FoldedText) -> [Candidate] {
        text.tokens.indices.flatMap { index -> [Candidate] in
            if let licence = licence(text, at: index) { return [licence] }
            if let vehicle = vehicle(text, at: index) ?? bharat(text, at: index) { return [vehicle] }
            return []
        }
    }

    private static let states: Set<String> = [
        "an", "ap", "ar", "as", "br", "cg", "ch", "dd", "dl", "dn", "ga", "gj", "hp", "hr", "jh", "jk", "ka", "kl",
        "la", "ld",
        "mh", "ml", "mn", "mp", "mz", "nl", "od", "or", "pb", "py", "rj", "sk", "tn", "tr", "ts", "tg", "uk", "ua",
        "up", "wb",
    ]

    private func isState(_ text: FoldedText, at index: Int) -> Bool {
        text.tokens[index].range.count == 2 && Self.states.contains(text.tokens[index].text)
            && !text.isAlphanumeric(at: text.tokens[index].range.lowerBound - 1)
    }

    /// Whether two tokens touch, or have one or two spaces, dashes or stops between.
    private func joins(_ text: FoldedText, _ left: Int, _ right: Int) -> Bool {
        guard right < text.tokens.count else { return false }
        let gap = text.tokens[left].range.upperBound..<text.tokens[right].range.lowerBound
        return gap.count <= 2
            && gap.allSatisfy { text.kind(at: $0) == .space || text.has("-", at: $0) || text.has(".", at: $0) }
    }

    private func candidate(_ kind: Kind, _ text: FoldedText, _ tokens: ClosedRange<Int>) -> Candidate? {
        let range = text.tokens[tokens.lowerBound].range.lowerBound..<text.tokens[tokens.upperBound].range.upperBound
        guard !text.isAlphanumeric(at: range.upperBound) else { return nil }
        let key = tokens.map { text.tokens[$0].text }.joined()
        return Candidate(kind: kind, range: range, key: key, strength: .certain)
    }

    private func vehicle(_ text: FoldedText, at index: Int) -> Candidate? {
        guard isState(text, at: index), joins(text, index, index + 1) else { return nil }
        let district = text.tokens[index + 1]
        guard district.isNumber, district.range.count <= 2, joins(text, index + 1, index + 2) else { return nil }
        let series = text.tokens[index + 2]
        guard !series.isNumber, series.range.count <= 3, joins(text, index + 2, index + 3) else { return nil }
        let number = text.tokens[index + 3]
        guard number.isNumber, (1...4).contains(number.range.count) else { return nil }
        let range = text.tokens[index].range.lowerBound..<number.range.upperBound
        let isCapital = text.tokens[index].shape == .upper && [.upper, .initial].contains(series.shape)
        let isTight = range.count <= 10 && range.allSatisfy { text.isAlphanumeric(at: $0) }
        let isCued = text.hasCue([.vehicle], before: index, wordsMax: 6)
        guard isCued || isCapital && number.range.count >= 3 || isTight && number.range.count == 4 else { return nil }
        return candidate(.vehicle, text, index...(index + 3))
    }

    private func bharat(_ text: FoldedText, at index: Int) -> Candidate? {
        guard text.tokens[index].isNumber, text.tokens[index].range.count == 2, joins(text, index, index + 1),
            text.tokens[index + 1].text == "bh", joins(text, index + 1, index + 2), joins(text, index + 2, index + 3),
            !text.isAlphanumeric(at: text.tokens[index].range.lowerBound - 1)
        else { return nil }
        let number = text.tokens[index + 2]
        let series = text.tokens[index + 3]
        guard number.isNumber, number.range.count == 4, !series.isNumber, series.range.count <= 2 else { return nil }
        return candidate(.vehicle, text, index...(index + 3))
    }

    /// State, then thirteen digits in any grouping: district, year of issue, seven digits of the holder.
    private func licence(_ text: FoldedText, at index: Int) -> Candidate? {
        guard isState(text, at: index) else { return nil }
        var digits = ""
        var last = index
        while digits.count < 13, joins(text, last, last + 1), text.tokens[last + 1].isNumber, last - index < 5 {
            last += 1
            digits += text.tokens[last].text
        }
        guard digits.utf8.count == 13, let year = Int(digits.dropFirst(2).prefix(4)), (1950...2099).contains(year)
        else {
            return nil
        }
        return candidate(.drivingLicence, text, index...last)
    }
}

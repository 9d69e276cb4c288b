/// Finds dates after words that say that somebody was born then; other dates are kept.
struct BirthDateDetector: Detector {
    func candidates(in text: FoldedText) -> [Candidate] {
        text.tokens.indices.compactMap { index in
            guard let end = cueEnd(text, at: index) else { return nil }
            // "date of birth is the", "DOB:", "born on".
            for start in end..<min(end + 5, text.tokens.count) {
                if let range = date(text, at: start) {
                    return Candidate(kind: .birthDate, range: range, key: text.lowercased(range), strength: .usual)
                }
                if text.tokens[start].isNumber { return nil }
            }
            return nil
        }
    }

    /// The token after the cue that starts here.
    private func cueEnd(_ text: FoldedText, at index: Int) -> Int? {
        func word(_ offset: Int) -> String? {
            index + offset < text.tokens.count ? text.tokens[index + offset].text : nil
        }
        switch text.tokens[index].text {
        case "dob", "birthdate", "birthday", "born", "जन्मतिथि", "जन्मदिन", "janmdin": return index + 1
        case "birth" where word(1) == "date": return index + 2
        case "birth", "janm", "जन्म": return index + 1
        case "d" where word(1) == "o" && word(2) == "b": return index + 3
        default: return nil
        }
    }

    /// Where a date that starts at this token is.
    private func date(_ text: FoldedText, at index: Int) -> Range<Int>? {
        guard index + 2 < text.tokens.count else { return nil }
        let parts = text.tokens[index...(index + 2)]
        let range = parts[index].range.lowerBound..<parts[index + 2].range.upperBound
        guard range.count <= 24 else { return nil }
        let named = parts.filter { Self.months.contains(String($0.text.prefix(3))) && !$0.isNumber }
        if named.count == 1, parts.count(where: \.isNumber) == 2, parts[index + 2].isNumber { return range }
        // "14th July 2002": the ending of the day is a token of its own.
        if index + 3 < text.tokens.count, parts[index].isNumber, parts[index + 1].range.count == 2,
            Self.months.contains(String(parts[index + 2].text.prefix(3))), text.tokens[index + 3].isNumber
        {
            return parts[index].range.lowerBound..<text.tokens[index + 3].range.upperBound
        }
        guard parts.allSatisfy({ $0.isNumber && $0.range.count <= 4 }),
            (index + 1...index + 2).allSatisfy({ text.separator(before: $0) != nil })
        else { return nil }
        return range
    }

    private static let months: Set<String> = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
}

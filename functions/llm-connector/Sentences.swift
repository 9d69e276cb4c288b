/// Finds the sentences of plain text.
enum Sentences {
    /// One sentence, or one line of a list.
    struct Sentence: Hashable {
        /// The sentence with its closing quotes and citations, without space around it.
        let text: String
        /// Where it ends in the text that it was found in.
        let end: String.Index
        /// Whether it ends in punctuation or with its line; false for a rest.
        let isComplete: Bool
    }

    /// Words that a full stop follows within a sentence.
    private static let abbreviations: Set<Substring> = [
        "art", "cl", "co", "dr", "e.g", "etc", "govt", "i.e", "ltd", "mr", "mrs", "ms", "no", "nos", "pvt", "rs", "sec",
        "smt", "st", "u/s", "viz", "vs",
    ]

    /// The sentences in order.
    ///
    /// `.`, `!`, `?` and the Devanagari danda end one where a space or the end follows.
    static func split(_ text: String) -> [Sentence] {
        var sentences: [Sentence] = []
        var start = text.startIndex
        var index = start
        func add(upTo end: String.Index, isComplete: Bool) {
            let sentence = String(text[start..<end]).trimmed()
            if !sentence.isEmpty { sentences.append(Sentence(text: sentence, end: end, isComplete: isComplete)) }
            start = end
        }
        while index < text.endIndex {
            let character = text[index]
            if character.isNewline {
                add(upTo: index, isComplete: true)
            } else if ".!?।".contains(character), let end = end(of: text, from: start, mark: index) {
                add(upTo: end, isComplete: true)
                index = end
                continue
            }
            index = text.index(after: index)
        }
        add(upTo: text.endIndex, isComplete: false)
        return sentences
    }

    /// The text up to its last full sentence; the whole with an ellipsis where it holds none.
    static func withoutCutEnd(_ text: String) -> String {
        guard let last = split(text).last(where: \.isComplete) else { return text.trimmed() + "…" }
        return String(text[..<last.end])
    }

    /// Where the sentence ends whose end the punctuation may be: behind closing quotes and citations; nil where it goes on.
    private static func end(of text: String, from start: String.Index, mark: String.Index) -> String.Index? {
        var end = text.index(after: mark)
        while end < text.endIndex, ".!?।)\"'”’*".contains(text[end]) { end = text.index(after: end) }
        guard end == text.endIndex || text[end].isWhitespace || text[end] == "[" else { return nil }
        if text[mark] == ".", isWithinSentence(text[start..<mark], isLast: end == text.endIndex) { return nil }
        while let bracket = text[end...].prefixMatch(of: /[ \t]*\[[^\[\]\n]*\]/) { end = bracket.range.upperBound }
        // "Return it [a]. [b]." ends behind the last mark.
        while end < text.endIndex, ".!?।".contains(text[end]) { end = text.index(after: end) }
        return end
    }

    /// Whether a full stop belongs to an abbreviation, an initial, the number of a list, or a number that was cut.
    private static func isWithinSentence(_ before: Substring, isLast: Bool) -> Bool {
        let word = before.suffix { !$0.isWhitespace && $0 != "(" }
        let isFirst =
            before.allSatisfy { $0.isWhitespace } || word.startIndex == before.drop(while: \.isWhitespace).startIndex
        if abbreviations.contains(Substring(word.lowercased())) { return true }
        if word.count == 1, let letter = word.first, letter.isLetter { return isFirst || letter.isUppercase }
        return isFirst && word.allSatisfy(\.isNumber) || isLast && word.last?.isNumber == true
    }
}

extension Substring {
    /// The longest end of the text whose characters all fit.
    fileprivate func suffix(while predicate: (Character) -> Bool) -> Substring {
        guard let last = lastIndex(where: { !predicate($0) }) else { return self }
        return self[index(after: last)...]
    }
}

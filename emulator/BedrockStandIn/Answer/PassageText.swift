/// The sentences of a passage's lines.
enum PassageText {
    /// Words that a full stop follows within a sentence.
    private static let abbreviations: Set<String> = [
        "art", "cl", "co", "dr", "e.g", "etc", "i.e", "ltd", "mr", "mrs", "ms", "no", "nos", "pvt", "rs", "sec", "vs",
    ]

    /// The sentences in order.
    ///
    /// Wrapped lines are joined, a list becomes one sentence with the line that introduces it, and the line of sources
    /// that begins with `Law:` ends the text.
    static func sentences(_ lines: [String]) -> [String] {
        var text = ""
        for line in lines {
            if line.hasPrefix("Law:") { break }
            let item = line.hasPrefix("- ") || line.hasPrefix("* ") ? line.dropFirst(2) : line[...]
            text += (text.isEmpty ? "" : " ") + item
        }
        return split(text)
    }

    private static func split(_ text: String) -> [String] {
        var sentences: [String] = []
        var words: [Substring] = []
        let all = text.split(separator: " ")
        for (index, word) in all.enumerated() {
            words.append(word)
            let next = index + 1 < all.count ? all[index + 1].first : nil
            if ends(word, next: next) {
                sentences.append(words.joined(separator: " "))
                words = []
            }
        }
        if !words.isEmpty { sentences.append(words.joined(separator: " ")) }
        return sentences
    }

    private static func ends(_ word: Substring, next: Character?) -> Bool {
        let bare = word.reversed().drop { "\"')”’".contains($0) }
        guard let mark = bare.first, ".!?।".contains(mark) else { return false }
        guard let next else { return true }
        if mark == ".", isAbbreviation(String(bare.dropFirst().reversed())) { return false }
        return next.isUppercase || next.isNumber || "\"'(“‘[".contains(next) || !next.isASCII
    }

    private static func isAbbreviation(_ word: String) -> Bool {
        let word = word.drop { "(\"'“‘".contains($0) }
        return abbreviations.contains(word.lowercased()) || word.count == 1 && word.allSatisfy(\.isUppercase)
    }
}

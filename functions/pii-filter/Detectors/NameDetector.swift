/// Finds names of persons, by what stands before them and by well-known Indian names.
///
/// There is no telling a name from another word by its form. So a word is a name only after a cue that leads in nothing
/// else ("My name is", "Mr"), or after a looser one ("I am", "Regards,") where it looks like a name, or where a known
/// given name or surname is part of two or more capitalised words.
struct NameDetector: Detector {
    func candidates(in text: FoldedText) -> [Candidate] {
        var found: [Candidate] = []
        var seen: Set<[String]> = []
        var index = 0
        while index < text.tokens.count {
            guard let phrase = name(text, at: index) else {
                index += 1
                continue
            }
            found.append(candidate(text, phrase))
            let words = text.tokens[phrase].map(\.text)
            if words.count > 1 { seen.insert(words) }
            index = phrase.upperBound
        }
        return found + repeated(seen, in: text)
    }

    /// The same words once more, without a cue.
    private func repeated(_ names: Set<[String]>, in text: FoldedText) -> [Candidate] {
        let lengths = Set(names.map(\.count))
        guard !names.isEmpty else { return [] }
        return text.tokens.indices.flatMap { start in
            lengths.compactMap { length -> Candidate? in
                guard start + length <= text.tokens.count else { return nil }
                let phrase = start..<(start + length)
                guard names.contains(text.tokens[phrase].map(\.text)),
                    phrase.dropFirst().allSatisfy({ NamePhrase.follows(text, $0) })
                else { return nil }
                return candidate(text, phrase)
            }
        }
    }

    private func candidate(_ text: FoldedText, _ phrase: Range<Int>) -> Candidate {
        let last = text.tokens[phrase.upperBound - 1]
        let range = text.tokens[phrase.lowerBound].range.lowerBound..<last.range.upperBound
        let key = text.tokens[phrase].map(\.text).joined(separator: " ")
        return Candidate(kind: .name, range: range, key: key, strength: .soft)
    }

    /// The tokens of a name that starts here.
    private func name(_ text: FoldedText, at index: Int) -> Range<Int>? {
        guard !text.tokens[index].isNumber else { return nil }
        let cue = NameCue.before(index, in: text)
        guard let phrase = NamePhrase(text, at: index, isSmallAllowed: cue != nil) else { return nil }
        let isKnown = phrase.hasKnownName
        switch cue {
        case .sure:
            // In small letters everything looks like a word: then a known name has to be in it.
            return phrase.isSmall && !isKnown && !NameCue.isIntroduction(before: index, in: text) ? nil : phrase.tokens
        case .likely:
            guard !phrase.isSmall || isKnown else { return nil }
            return isKnown || !phrase.isShouted && (phrase.words >= 2 || phrase.isClosed) ? phrase.tokens : nil
        case .opening:
            return isKnown && (!phrase.isSmall || phrase.words >= 2) ? phrase.tokens : nil
        case nil:
            guard !phrase.isSmall, phrase.words >= 2, isKnown else { return nil }
            return phrase.tokens
        }
    }
}

/// Neighbouring words that could be one name.
struct NamePhrase {
    /// Its tokens.
    let tokens: Range<Int>
    /// How many words and initials it has.
    let words: Int
    /// Whether it is written in small letters.
    let isSmall: Bool
    /// Whether it is written in capitals only.
    let isShouted: Bool
    /// Whether one of its words is a well-known name.
    let hasKnownName: Bool
    /// Whether a comma, a line's end or "from" follows, as after a name that introduces somebody.
    let isClosed: Bool

    private static let wordsMax = 4
    private static let initialsMax = 4

    /// Reads a phrase, or nothing where the word here begins none.
    init?(_ text: FoldedText, at start: Int, isSmallAllowed: Bool) {
        let first = text.tokens[start]
        let isSmall = first.shape == .lower || first.shape == .caseless
        guard isSmallAllowed || !isSmall, !Self.isForeign(text, start), first.range.count <= 24 else { return nil }
        var end = start
        var names = 0
        while end < text.tokens.count, names < Self.wordsMax, end - start - names < Self.initialsMax {
            let token = text.tokens[end]
            guard end == start || Self.follows(text, end) else { break }
            guard Self.continues(token, isSmall: isSmall), !text.has("/", at: token.range.upperBound),
                !Self.isForeign(text, end)
            else { break }
            // Small letters: known names, and the word after "my name is", whatever it is.
            if isSmall, end > start, !token.traits.contains(.name) { break }
            if token.shape != .initial { names += 1 }
            end += 1
        }
        guard names > 0 else { return nil }
        // "Vijay Sales", "Nehru Place", "Bose Road": the word behind says that it is no person.
        if Self.belongsToOrganisation(text, before: end) { return nil }
        tokens = start..<end
        words = end - start
        self.isSmall = isSmall
        isShouted = text.tokens[start..<end].allSatisfy { $0.shape == .upper || $0.shape == .initial }
        hasKnownName = text.tokens[start..<end].contains { $0.traits.contains(.name) }
        isClosed = Self.isClosed(text, after: end - 1)
    }

    /// Whether a token belongs to the same phrase as the one before it: a space, a dash, or an initial's stop between.
    static func follows(_ text: FoldedText, _ index: Int) -> Bool {
        let previous = text.tokens[index - 1]
        let gap = previous.range.upperBound..<text.tokens[index].range.lowerBound
        switch gap.count {
        case 1:
            return text.classes[gap.lowerBound] == .space || text.has("-", at: gap.lowerBound)
                || previous.shape == .initial && text.has(".", at: gap.lowerBound)
        case 2:
            return text.has(".", at: gap.lowerBound) && text.classes[gap.lowerBound + 1] == .space
                && previous.range.count <= 2
        default: return false
        }
    }

    private static func continues(_ token: Token, isSmall: Bool) -> Bool {
        switch token.shape {
        case .number: false
        case .initial, .capitalised, .upper: !isSmall
        case .lower, .caseless: isSmall
        }
    }

    private static func isForeign(_ text: FoldedText, _ index: Int) -> Bool {
        let token = text.tokens[index]
        // "Meera A. Nair": an initial is no article, but "A" and "I" without a stop are.
        let isInitial =
            token.shape == .initial
            && (token.text != "a" && token.text != "i" || text.has(".", at: token.range.upperBound))
        return token.traits.contains(.noName) && !isInitial || isMasked(text, token.range)
            || text.kind(at: token.range.upperBound) == .digit || text.kind(at: token.range.lowerBound - 1) == .digit
            || text.has("@", at: token.range.upperBound) || text.has("@", at: token.range.lowerBound - 1)
    }

    /// Whether the word behind, or behind "'s", is one of a company or a place.
    private static func belongsToOrganisation(_ text: FoldedText, before end: Int) -> Bool {
        guard end < text.tokens.count else { return false }
        let next = text.tokens[end]
        if next.text == "s", text.has("'", at: next.range.lowerBound - 1) {
            return end + 1 < text.tokens.count && text.tokens[end + 1].traits.contains(.organisation)
                && text.tokens[end + 1].shape != .lower
        }
        return follows(text, end) && next.traits.contains(.organisation)
    }

    /// "XXXX": somebody has taken the name out already.
    private static func isMasked(_ text: FoldedText, _ range: Range<Int>) -> Bool {
        range.count >= 2 && range.allSatisfy { text.has("X", at: $0) || text.has("x", at: $0) }
    }

    private static func isClosed(_ text: FoldedText, after last: Int) -> Bool {
        let end = text.tokens[last].range.upperBound
        if end == text.count || text.has(",", at: end) || text.has(".", at: end) || text.kind(at: end) == .newline {
            return true
        }
        guard last + 1 < text.tokens.count else { return true }
        return ["from", "residing", "aged", "here", "s", "d", "w", "calling", "speaking"].contains(
            text.tokens[last + 1].text)
    }
}

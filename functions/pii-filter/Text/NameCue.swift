/// What before a word says that a name follows.
enum NameCue: Sendable {
    /// Nothing but a name can follow: "My name is", "Mr", "S/o".
    case sure
    /// A name can follow, and other things: "I am", "this is", "Regards,", "Complainant:".
    case likely
    /// Much can follow: "from", "to", "with". Only a known name counts.
    case opening

    /// The cue right before a token.
    static func before(_ index: Int, in text: FoldedText) -> NameCue? {
        guard index > 0 else { return nil }
        func word(_ offset: Int) -> String { index >= offset ? text.tokens[index - offset].text : "" }
        let previous = text.tokens[index - 1]
        guard !previous.traits.isDisjoint(with: [.title, .closing, .role, .opening, .nameLead]) else { return nil }
        let gap = previous.range.upperBound..<text.tokens[index].range.lowerBound
        guard gap.count <= 6, !gap.contains(where: { text.values[$0] == Folding.barrier }) else { return nil }
        let hasNewline = gap.contains { text.classes[$0] == .newline }
        if previous.traits.contains(.closing), hasNewline || gap.contains(where: { text.has(",", at: $0) }) {
            return .likely
        }
        guard !hasNewline else { return nil }
        let isLabel = gap.contains { text.has(":", at: $0) || text.has("-", at: $0) }
        if previous.traits.contains(.title), gap.count <= 2 { return .sure }
        switch (word(3), word(2), word(1)) {
        case (_, "name", "is"), (_, "names", "is"), (_, "naam", "hai"), ("my", "name", "s"), (_, _, "myself"),
            (_, _, "naam"),
            (_, "s", "o"), (_, "d", "o"), (_, "w", "o"), (_, "c", "o"), (_, "son", "of"), (_, "daughter", "of"),
            (_, "wife", "of"), (_, "मेरा", "नाम"), (_, _, "नाम"), (_, "name", "of"), (_, "called", "me"):
            return isGapPlain(text, gap) || isLabel || gapIsSlashed(word(2)) ? .sure : nil
        case (_, _, "name") where isLabel: return isCompanyName(word(2)) ? nil : .sure
        case (_, "i", "am"), (_, "i", "m"), (_, "this", "is"), (_, "main", "hu"), (_, "it", "is"), (_, _, "i'm"),
            (_, _, "मैं"), (_, _, "मै"):
            return isGapPlain(text, gap) ? .likely : nil
        case (_, _, "i") where isComma(text, gap): return .likely
        default: break
        }
        guard isLabel || isGapPlain(text, gap) || isComma(text, gap) else { return nil }
        if previous.traits.contains(.role) { return .likely }
        return previous.traits.contains(.opening) ? .opening : nil
    }

    /// Whether "my name is" or the like is before a token: a name in small letters follows only this.
    static func isIntroduction(before index: Int, in text: FoldedText) -> Bool {
        guard index > 1 else { return false }
        let words = (text.tokens[index - 2].text, text.tokens[index - 1].text)
        return words == ("name", "is") || words == ("mera", "naam") || words == ("मेरा", "नाम")
    }

    private static func isGapPlain(_ text: FoldedText, _ gap: Range<Int>) -> Bool {
        gap.allSatisfy { text.classes[$0] == .space || text.has(".", at: $0) || text.has("/", at: $0) }
            && gap.count <= 2
    }

    private static func isComma(_ text: FoldedText, _ gap: Range<Int>) -> Bool { text.has(",", at: gap.lowerBound) }

    private static func gapIsSlashed(_ word: String) -> Bool { ["s", "d", "w", "c"].contains(word) }

    private static func isCompanyName(_ word: String) -> Bool {
        [
            "company", "brand", "product", "bank", "seller", "firm", "shop", "store", "file", "user", "app", "model",
            "item",
        ].contains(word)
    }

    /// Forms of address.
    static let titles = """
        mr mrs ms miss mister shri sri shree smt kum dr prof adv capt श्री श्रीमती सुश्री डॉ
        """

    /// Last words of a letter's closing.
    static let closings = """
        regards sincerely faithfully truly thanks thank you yours wishes respectfully obediently dhanyavaad धन्यवाद
        """

    /// What a person can be to the asker.
    static let roles = """
        complainant nominee borrower holder husband wife father mother brother sister son daughter patient advocate
        beneficiary signed applicant petitioner uncle aunt friend neighbour landlord tenant guarantor attn insured passenger
        deceased appellant respondent recipient sender named payee
        """

    /// Words before names and before much else.
    static let openings = """
        contact consumer customer agent executive officer spoke from dear to with representative technician employee owner
        driver student hi hello main by and
        """

    /// Last words of the cues that are spelt out above.
    static let leads = "is hai s myself naam o of नाम name me am m hu i i'm मैं मै"
}

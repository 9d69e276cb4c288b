/// What before a word says that a name follows.
enum NameCue: Sendable {
    /// Nothing but a name can follow: "My name is", "Mr", "S/o".
    case sure
    /// A name can follow, and much else: "I am", "this is", "Regards,", "Complainant:".
    case likely

    /// The cue right before a token.
    static func before(_ index: Int, in text: FoldedText) -> NameCue? {
        guard index > 0 else { return nil }
        func word(_ offset: Int) -> String { index >= offset ? text.tokens[index - offset].text : "" }
        let previous = text.tokens[index - 1]
        let gap = previous.range.upperBound..<text.tokens[index].range.lowerBound
        guard gap.count <= 6, !gap.contains(where: { text.values[$0] == Folding.barrier }) else { return nil }
        let hasNewline = gap.contains { text.classes[$0] == .newline }
        if closings.contains(previous.text), hasNewline || gap.contains(where: { text.has(",", at: $0) }) { return .likely }
        guard !hasNewline else { return nil }
        let isLabel = gap.contains { text.has(":", at: $0) || text.has("-", at: $0) }
        if isTitle(previous.text), gap.count <= 2 { return .sure }
        switch (word(3), word(2), word(1)) {
        case (_, "name", "is"), (_, "names", "is"), (_, "naam", "hai"), ("my", "name", "s"), (_, _, "myself"), (_, _, "naam"),
            (_, "s", "o"), (_, "d", "o"), (_, "w", "o"), (_, "c", "o"), (_, "son", "of"), (_, "daughter", "of"),
            (_, "wife", "of"), (_, "मेरा", "नाम"), (_, _, "नाम"), (_, "name", "of"), (_, "called", "me"):
            return isGapPlain(text, gap) || isLabel || gapIsSlashed(word(2)) ? .sure : nil
        case (_, _, "name") where isLabel: return isCompanyName(word(2)) ? nil : .sure
        case (_, "i", "am"), (_, "i", "m"), (_, "this", "is"), (_, "main", "hu"), (_, "it", "is"), (_, _, "i'm"), (_, _, "main"),
            (_, _, "मैं"), (_, _, "मै"):
            return isGapPlain(text, gap) || isComma(text, gap) && word(1) == "main" ? .likely : nil
        case (_, _, "i") where isComma(text, gap): return .likely
        default: break
        }
        guard roles.contains(previous.text), isLabel || isGapPlain(text, gap) || isComma(text, gap) else { return nil }
        return .likely
    }

    /// Whether "my name is" or the like is before a token: a name in small letters follows only this.
    static func isIntroduction(before index: Int, in text: FoldedText) -> Bool {
        guard index > 1 else { return false }
        let words = (text.tokens[index - 2].text, text.tokens[index - 1].text)
        return words == ("name", "is") || words == ("mera", "naam") || words == ("मेरा", "नाम")
    }

    /// Whether a word is a form of address.
    static func isTitle(_ word: String) -> Bool { titles.contains(word) }

    private static func isGapPlain(_ text: FoldedText, _ gap: Range<Int>) -> Bool {
        gap.allSatisfy { text.classes[$0] == .space || text.has(".", at: $0) || text.has("/", at: $0) } && gap.count <= 2
    }

    private static func isComma(_ text: FoldedText, _ gap: Range<Int>) -> Bool { text.has(",", at: gap.lowerBound) }

    private static func gapIsSlashed(_ word: String) -> Bool { ["s", "d", "w", "c"].contains(word) }

    private static func isCompanyName(_ word: String) -> Bool {
        ["company", "brand", "product", "bank", "seller", "firm", "shop", "store", "file", "user", "app", "model", "item"].contains(word)
    }

    private static let titles: Set<String> = [
        "mr", "mrs", "ms", "miss", "mister", "shri", "sri", "shree", "smt", "kum", "dr", "prof", "adv", "capt",
        "श्री", "श्रीमती", "सुश्री", "डॉ",
    ]

    private static let closings: Set<String> = [
        "regards", "sincerely", "faithfully", "truly", "thanks", "thank", "you", "yours", "wishes", "respectfully",
        "obediently", "dhanyavaad", "धन्यवाद",
    ]

    private static let roles: Set<String> = [
        "complainant", "nominee", "borrower", "holder", "contact", "husband", "wife", "father", "mother", "brother", "sister",
        "son", "daughter", "patient", "advocate", "beneficiary", "signed", "applicant", "petitioner", "consumer", "customer",
        "agent", "executive", "uncle", "aunt", "friend", "neighbour", "landlord", "tenant", "guarantor", "officer", "attn",
        "spoke", "insured", "passenger", "deceased", "appellant", "respondent", "recipient", "sender", "from", "dear", "to", "with",
        "representative", "technician", "employee", "named", "owner", "driver", "student", "payee", "hi", "hello",
    ]
}

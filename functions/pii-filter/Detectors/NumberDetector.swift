/// Finds what is written in digits alone: phones, Aadhaar numbers, payment cards and bank accounts.
struct NumberDetector: Detector {
    /// The longest number that is looked at: a card number has 19 digits at most.
    private static let digitsMax = 19

    func candidates(in text: FoldedText) -> [Candidate] {
        let kept = KeptNumbers(text)
        var found: [Candidate] = []
        text.forEachNumberRun(digitsMax: Self.digitsMax) { run in
            guard run.digits.count >= 7 else { return }
            let context = RunContext(run: run, text: text, isKept: kept.touches(run))
            if let phone = PhoneRule.match(context) { found.append(phone) }
            if let aadhaar = AadhaarRule.match(context) { found.append(aadhaar) }
            if let card = CardRule.match(context) { found.append(card) }
            if let account = AccountRule.match(context) { found.append(account) }
        }
        return found
    }
}

/// A run of digits with what stands around it.
struct RunContext {
    /// The digits.
    let run: NumberRun
    /// The text around them.
    let text: FoldedText
    /// Whether a date, an order number or a toll-free line is in it.
    let isKept: Bool
    /// The nearest word that says what the number is.
    let cue: Cue?
    /// Whether that word stands right before the number.
    let isDirect: Bool
    /// Whether nothing that makes it a code is glued to it.
    let isFree: Bool

    /// Looks around a run.
    init(run: NumberRun, text: FoldedText, isKept: Bool) {
        self.run = run
        self.text = text
        self.isKept = isKept
        let cue = text.cue(before: run.tokens.lowerBound, wordsMax: 5)
        self.cue = cue?.cue
        isDirect = cue?.isDirect ?? false
        isFree = text.isFree(run)
    }

    /// Whether a word such as "order" right before says that the number is nobody's.
    var isOrder: Bool { cue == .order && isDirect }

    /// Whether a plus sign stands before the first digit.
    var hasPlus: Bool { text.has("+", at: run.range.lowerBound - 1) }

    /// Makes a candidate of the run, with a sign and a bracket before it that belong to it.
    func candidate(_ kind: Kind, key: String, strength: Candidate.Strength) -> Candidate {
        var start = run.range.lowerBound
        if kind == .phone {
            if text.has("+", at: start - 1) { start -= 1 }
            if text.has("(", at: start - 1), run.range.contains(where: { text.has(")", at: $0) }) { start -= 1 }
        }
        return Candidate(kind: kind, range: start..<run.range.upperBound, key: key, strength: strength)
    }
}

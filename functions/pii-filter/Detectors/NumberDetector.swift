/// Finds what is written in digits alone: phones, Aadhaar numbers, payment cards and bank accounts.
struct NumberDetector: Detector {
    /// A foreign phone number has eight digits at least, a card number 19 at most.
    private static let digits = 8...19

    func candidates(in text: FoldedText) -> [Candidate] {
        let kept = KeptNumbers(text)
        var found: [Candidate] = []
        var start: (token: Int, cue: (cue: Cue, token: Int, isDirect: Bool)?) = (-1, nil)
        text.forEachNumberRun(digits: Self.digits) { run in
            if run.tokens.lowerBound != start.token {
                start = (run.tokens.lowerBound, text.cue(before: run.tokens.lowerBound, wordsMax: 5))
            }
            guard text.isFree(run) else { return }
            let context = RunContext(
                run: run, text: text, isKept: kept.touches(run), cue: start.cue?.cue,
                isDirect: start.cue?.isDirect ?? false)
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

    /// Whether a word such as "order" right before says that the number is nobody's.
    var isOrder: Bool { cue == .order && isDirect }

    /// Whether a plus sign stands before the first digit.
    var hasPlus: Bool { text.has("+", at: run.range.lowerBound - 1) }

    /// How many digits each group has.
    var groups: [Int] { run.groups(in: text) }

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

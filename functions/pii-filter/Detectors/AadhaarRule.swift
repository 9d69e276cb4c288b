/// Aadhaar numbers: twelve digits, the first 2 to 9, with a Verhoeff check digit; sixteen for a virtual id.
enum AadhaarRule {
    /// The Aadhaar number that a run of digits is, if it is one.
    ///
    /// Right after the word "Aadhaar" a wrong check digit does not matter: a slip of the pen still points at a person.
    static func match(_ context: RunContext) -> Candidate? {
        let run = context.run
        let isCued = context.cue == .aadhaar && context.isDirect
        guard context.isFree, !context.isKept || isCued, !context.hasPlus else { return nil }
        switch run.digits.count {
        case 12:
            guard run.digits[0] >= 2 else { return nil }
            if isCued { return context.candidate(.aadhaar, key: run.text, strength: .certain) }
            guard Verhoeff.holds(run.digits), !context.isOrder, !isPhone(run) || run.groups == [4, 4, 4] else {
                return nil
            }
            let isUsual = run.isContiguous || Set(run.groups).count == 1
            return context.candidate(.aadhaar, key: run.text, strength: isUsual ? .usual : .unusual)
        case 16 where isCued:
            return context.candidate(.aadhaar, key: run.text, strength: .certain)
        default: return nil
        }
    }

    private static func isPhone(_ run: NumberRun) -> Bool {
        run.digits[0] == 9 && run.digits[1] == 1 && run.digits[2] >= 6
    }
}

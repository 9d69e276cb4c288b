/// Aadhaar numbers: twelve digits, the first 2 to 9, with a Verhoeff check digit; sixteen for a virtual id.
enum AadhaarRule {
    /// The Aadhaar number that a run of digits is, if it is one.
    ///
    /// Right after the word "Aadhaar" a wrong check digit does not matter: a slip of the pen still points at a person.
    static func match(_ context: RunContext) -> Candidate? {
        let run = context.run
        let isCued = context.cue == .aadhaar && context.isDirect
        guard run.digits.count == 12 || run.digits.count == 16, !context.isKept || isCued, !context.hasPlus else {
            return nil
        }
        switch run.digits.count {
        case 12:
            guard run[0] >= 2 else { return nil }
            if isCued { return context.candidate(.aadhaar, key: run.text, strength: .certain) }
            guard Verhoeff.holds(run.digits), !context.isOrder else {
                return nil
            }
            let groups = context.groups
            guard !isPhone(run) || groups == [4, 4, 4] else { return nil }
            let isUsual = groups.allSatisfy { $0 == groups[0] }
            return context.candidate(.aadhaar, key: run.text, strength: isUsual ? .usual : .unusual)
        case 16 where isCued:
            return context.candidate(.aadhaar, key: run.text, strength: .certain)
        default: return nil
        }
    }

    private static func isPhone(_ run: NumberRun) -> Bool {
        run[0] == 9 && run[1] == 1 && run[2] >= 6
    }
}

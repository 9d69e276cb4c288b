/// Bank account numbers, which have no form of their own: 9 to 18 digits after a word such as "account" or "a/c".
enum AccountRule {
    /// The account number that a run of digits is, if a word says so.
    static func match(_ context: RunContext) -> Candidate? {
        let run = context.run
        guard context.cue == .account, !context.isKept, (9...18).contains(run.digits.count),
            !run.hasCommas, !run.hasNewline, run.isContiguous || run.isPlain && context.groups.allSatisfy({ $0 <= 6 })
        else { return nil }
        // A mobile number with its country code is one, whatever stands before it.
        guard !context.hasPlus else { return nil }
        return context.candidate(.account, key: run.text, strength: context.isDirect ? .certain : .unusual)
    }
}

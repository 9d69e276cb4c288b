/// Payment card numbers: 13 to 19 digits with a Luhn check digit, the first ones of a card network.
///
/// The first digits and lengths are those of ISO/IEC 7812 issuers that sell cards: 3 (American Express, Diners, JCB),
/// 4 (Visa), 5 (Mastercard, Maestro), 6 (RuPay, Discover, Maestro, UnionPay), 22 to 27 (Mastercard), 81 and 82 (RuPay).
enum CardRule {
    /// The card number that a run of digits is, if it is one.
    static func match(_ context: RunContext) -> Candidate? {
        let run = context.run
        let isCued = context.cue == .card
        guard (13...19).contains(run.digits.count), !context.isKept, !context.isOrder,
            isNetwork(run) || isCued, run.digits.contains(where: { $0 != 0 }), !context.hasPlus,
            Luhn.holds(run.digits)
        else { return nil }
        guard !run.isContiguous, !isCued else {
            return context.candidate(.card, key: run.text, strength: .certain)
        }
        guard run.isPlain else { return nil }
        return context.candidate(.card, key: run.text, strength: isUsual(context.groups) ? .certain : .unusual)
    }

    private static func isNetwork(_ run: NumberRun) -> Bool {
        switch (run[0], run[1]) {
        // Fifteen digits from 35 are phones' serial numbers, not cards.
        case (3, 5): run.digits.count >= 16
        case (3, _), (4, _), (5, _), (6, _): true
        case (2, 2...7), (8, 1...2): run.digits.count == 16
        default: false
        }
    }

    /// Equal groups with a shorter last one, or the 4-6-5 and 4-6-4 of American Express and Diners.
    private static func isUsual(_ groups: [Int]) -> Bool {
        if groups == [4, 6, 5] || groups == [4, 6, 4] { return true }
        guard let last = groups.last else { return false }
        return groups.dropLast().allSatisfy { $0 == groups[0] } && last <= groups[0] + 1
    }
}

/// Indian phone numbers in any grouping, and foreign ones with a plus sign.
///
/// National numbers have ten digits. Mobile ones start with 6 to 9, landlines with an area code of two to four digits
/// (National Numbering Plan of the Department of Telecommunications, 2003).
enum PhoneRule {
    /// The phone number that a run of digits is, if it is one.
    static func match(_ context: RunContext) -> Candidate? {
        let run = context.run
        guard run.digits.count <= 15, !isAmount(context) else { return nil }
        if let national = national(run) {
            if national.hasCountryCode, context.hasPlus {
                return context.candidate(.phone, key: national.key, strength: .certain)
            }
            guard !context.isKept else { return nil }
            let isMobile = (6...9).contains(national.digits[national.digits.startIndex])
            if isMobile || national.hasCountryCode && context.cue == .phone {
                return mobile(context, national)
            }
            if isLandline(context, national.digits) {
                return context.candidate(.phone, key: national.key, strength: .usual)
            }
            // With "phone" right before, a number that nobody numbers like that is still somebody's.
            if context.cue == .phone, context.isDirect, run.digits.count == 10, run[0] != 1 {
                return context.candidate(.phone, key: national.key, strength: .usual)
            }
            return nil
        }
        guard context.hasPlus, !context.isKept, run[0] != 0 else { return nil }
        return context.candidate(.phone, key: "+\(context.run.text)", strength: .usual)
    }

    /// The ten digits of a national number, with the country's code or zeros before them or without; nil for other runs.
    static func nationalKey(_ run: NumberRun) -> String? { national(run)?.key }

    /// Ten digits, and whether the country's code stood before them.
    private struct National {
        let digits: ArraySlice<UInt8>
        let hasCountryCode: Bool
        var key: String { NumberRun.text(digits) }
    }

    /// Takes 91, 091, 0091, 910, 0 away from before ten digits.
    private static func national(_ run: NumberRun) -> National? {
        guard run.digits.count >= 10 else { return nil }
        let national = run.digits.suffix(10)
        switch run.digits.count {
        case 10: return National(digits: national, hasCountryCode: false)
        case 11 where run[0] == 0: return National(digits: national, hasCountryCode: false)
        default: break
        }
        let prefix = run.digits.dropLast(10).drop { $0 == 0 }
        let zeros = run.digits.count - 10 - prefix.count
        guard zeros <= 2, [9, 1] == prefix || [9, 1, 0] == prefix else { return nil }
        return National(digits: national, hasCountryCode: true)
    }

    private static func mobile(_ context: RunContext, _ national: National) -> Candidate? {
        let run = context.run
        // An order number is one group, or several with dashes. With a space in it, it is more likely a phone.
        if context.isOrder, !national.hasCountryCode, !run.groupsHaveSpaces(in: context.text) { return nil }
        // The other reading of twelve digits in fours is an Aadhaar number.
        if run.digits.count == 12, context.groups == [4, 4, 4], Verhoeff.holds(run.digits) || context.cue == .aadhaar {
            return nil
        }
        if context.cue == .aadhaar, run.digits.count == 12, context.isDirect { return nil }
        return context.candidate(.phone, key: national.key, strength: .usual)
    }

    /// Zero, area code, separator, number: "022-23456789", "(033) 4337 2884".
    private static func isLandline(_ context: RunContext, _ digits: ArraySlice<UInt8>) -> Bool {
        let run = context.run
        guard run.digits.count == 11, run[0] == 0 else { return false }
        if run.isContiguous { return context.cue == .phone }
        let code = context.groups[0]
        guard (3...5).contains(code), !context.isOrder else { return false }
        let subscriber = run[code]
        return (2...7).contains(subscriber) || context.cue == .phone
    }

    /// Digits in groups by commas, as money is written: 9,87,65,43,210 or 9,876,543,210.
    ///
    /// Nobody is called on an amount.
    private static func isAmount(_ context: RunContext) -> Bool {
        let run = context.run
        guard run.hasCommas, context.cue != .phone else { return false }
        let groups = context.groups
        let middle = groups.dropFirst().dropLast()
        return groups.last == 3 && groups[0] <= 3 && middle.allSatisfy { $0 == 2 || $0 == 3 }
    }
}

extension NumberRun {
    /// Whether a space stands between two of its groups.
    func groupsHaveSpaces(in text: FoldedText) -> Bool {
        !isContiguous && range.contains { text.kind(at: $0) == .space }
    }
}

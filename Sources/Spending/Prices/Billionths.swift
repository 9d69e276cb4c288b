/// Decimal numbers of up to nine decimals, kept exactly as whole billionths.
package enum Billionths {
    /// One, in billionths.
    package static let one: Int64 = 1_000_000_000

    /// Reads a decimal string; nil where it is written in another way or does not fit.
    package static func parse(_ text: String, allowsNegative: Bool) -> Int64? {
        var text = Substring(text)
        let isNegative = allowsNegative && text.utf8.first == UInt8(ascii: "-")
        if isNegative { text.removeFirst() }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map { Array($0.utf8) }
        let whole = parts[0]
        let decimals = parts.count == 2 ? parts[1] : [UInt8(ascii: "0")]
        guard (whole + decimals).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0"), (1...9).contains(decimals.count)
        else { return nil }
        let padding = repeatElement(UInt8(ascii: "0"), count: 9 - decimals.count)
        // Built up on the negative side, which reaches one further.
        var value: Int64 = 0
        for digit in whole + decimals + padding {
            let (tenfold, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (next, isTooLow) = tenfold.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !isTooLarge, !isTooLow else { return nil }
            value = next
        }
        if isNegative { return value == 0 ? nil : value }
        return value == .min ? nil : -value
    }

    /// Writes billionths with as few decimals as they need, but no fewer than `decimalsMin`.
    package static func spell(_ value: Int64, decimalsMin: Int) -> String {
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: one.magnitude)
        let digits = String(rest)
        var decimals = Substring(String(repeating: "0", count: 9 - digits.count) + digits)
        while decimals.count > decimalsMin, decimals.last == "0" { decimals.removeLast() }
        return "\(value < 0 ? "-" : "")\(whole)\(decimals.isEmpty ? "" : ".")\(decimals)"
    }
}

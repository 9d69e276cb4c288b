package import Spending

extension Money {
    /// The least that is not rounded to nothing.
    static let visible = Money(nanoUSD: 50_000)

    /// With its sign, commas between thousands and at least so many decimals: `$0.0069`, `-$1,234.50`.
    package func dollars(decimals: Int = 2) -> String {
        let digits = description.drop { $0 == "-" }.split(separator: ".")
        let (whole, fraction) = (digits.first.flatMap { Int($0) } ?? 0, digits.last ?? "")
        let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
        return "\(nanoUSD < 0 ? "-" : "")$\(whole.grouped).\(fraction)\(padding)"
    }

    /// To a hundredth of a cent: no forecast is truer than that.
    package var rounded: Money {
        rounded(to: 100_000)
    }

    /// To whole steps, halves up; the amount itself where that does not fit.
    package func rounded(to step: Int64) -> Money {
        let (whole, rest) = nanoUSD.quotientAndRemainder(dividingBy: step)
        return Money(nanoUSD: whole + (rest * 2 >= step ? 1 : 0)).multiplied(by: step) ?? self
    }
}

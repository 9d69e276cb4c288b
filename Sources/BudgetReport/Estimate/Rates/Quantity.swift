package import Spending

/// How much of something is paid for, exact to the billionth of its unit.
package struct Quantity: Sendable, Hashable {
    /// The amount in billionths; never negative.
    package let billionths: Int64

    /// Nothing.
    package static let zero = Quantity(billionths: 0)

    /// The most that a person may give: far above any bill, far below an overflow.
    package static let max = Quantity(billionths: 1_000_000 * Billionths.one)

    private init(billionths: Int64) { self.billionths = billionths }

    /// Makes a whole number.
    ///
    /// - Precondition: 0 to 1,000,000,000.
    package init(_ whole: Int) {
        precondition((0...1_000_000_000).contains(whole), "a quantity is from zero to a billion")
        billionths = Int64(whole) * Billionths.one
    }

    /// Makes a quotient, rounded up to the billionth: 730 / 24 is 30.416666667.
    ///
    /// - Precondition: The dividend is what ``init(_:)`` takes, the divisor above zero.
    package init(_ dividend: Int, dividedBy divisor: Int) {
        precondition(divisor > 0, "a divisor is above zero")
        let (quotient, rest) = Quantity(dividend).billionths.quotientAndRemainder(dividingBy: Int64(divisor))
        billionths = quotient + (rest > 0 ? 1 : 0)
    }

    /// Reads a decimal string such as `0.25`, up to a million; nil for a minus and for anything else.
    package init?(_ text: String) {
        guard let billionths = Billionths.parse(text, allowsNegative: false), billionths <= Self.max.billionths else {
            return nil
        }
        self.billionths = billionths
    }

    /// The product, rounded up to the billionth; nil where it does not fit.
    package func multiplied(by other: Quantity) -> Quantity? {
        Self.product(billionths, other.billionths).map(Quantity.init(billionths:))
    }

    /// What remains beyond an amount that costs nothing.
    package func beyond(_ free: Quantity) -> Quantity {
        Quantity(billionths: Swift.max(0, billionths - free.billionths))
    }

    /// What it costs, rounded up to the nano-dollar; nil where the amount does not fit.
    ///
    /// 1,460 vCPU-hours at $0.04048: 1460 * 40,480,000 = 59,100,800,000 nano-dollars, exactly.
    package func cost(at rate: Money) -> Money? {
        Self.product(billionths, rate.nanoUSD).map(Money.init(nanoUSD:))
    }

    /// Billionths times billionths in billionths, by way of 128 bits.
    private static func product(_ left: Int64, _ right: Int64) -> Int64? {
        guard left >= 0, right >= 0 else { return nil }
        let wide = left.multipliedFullWidth(by: right)
        // Else the quotient would have more than 63 bits.
        guard wide.high < Billionths.one / 2 else { return nil }
        let (quotient, rest) = Billionths.one.dividingFullWidth(wide)
        return rest > 0 ? (quotient == .max ? nil : quotient + 1) : quotient
    }
}

extension Quantity: Comparable {
    /// Whether one is less than another.
    package static func < (left: Quantity, right: Quantity) -> Bool { left.billionths < right.billionths }
}

extension Quantity: CustomStringConvertible {
    /// The shortest decimal string: `2`, `0.25`, `30.416666667`.
    package var description: String { Billionths.spell(billionths, decimalsMin: 0) }
}

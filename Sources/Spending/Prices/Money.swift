/// An amount in US dollars, exact to the nano-dollar.
///
/// Int64 nano-dollars reach to about 9.2 billion dollars. Sums trap nowhere: ``adding(_:)``, ``subtracting(_:)`` and
/// ``multiplied(by:)`` give nil where the result does not fit, ``addingUpToLimit(_:)`` and ``init(nearest:)`` the last
/// amount that does.
package struct Money: Sendable, Hashable {
    /// The amount in nano-dollars.
    package var nanoUSD: Int64

    /// Nothing.
    package static let zero = Money(nanoUSD: 0)

    /// Makes an amount.
    package init(nanoUSD: Int64) { self.nanoUSD = nanoUSD }

    /// The amount that is nearest to a number of nano-dollars; nothing for one that is no number.
    package init(nearest nanoUSD: Double) {
        self.nanoUSD = Int64(exactly: nanoUSD.rounded()) ?? (nanoUSD > 0 ? .max : nanoUSD < 0 ? .min : 0)
    }

    /// Reads a decimal string such as `0.50`, with up to nine decimals.
    ///
    /// There is one way to write each amount, trailing zeros aside: no exponent, no plus, no leading zeros, no minus
    /// zero, a digit on both sides of the point. Nil for anything else, and where the amount does not fit.
    ///
    /// - Parameters:
    ///   - text: What is read.
    ///   - allowsNegative: Whether a leading minus is read too.
    package init?(_ text: String, allowsNegative: Bool = false) {
        guard let billionths = Billionths.parse(text, allowsNegative: allowsNegative) else { return nil }
        nanoUSD = billionths
    }

    /// The sum; nil where it does not fit.
    package func adding(_ other: Money) -> Money? {
        let (sum, overflow) = nanoUSD.addingReportingOverflow(other.nanoUSD)
        return overflow ? nil : Money(nanoUSD: sum)
    }

    /// The sum, or where it does not fit the last amount that does: about 9.2 billion dollars.
    package func addingUpToLimit(_ other: Money) -> Money {
        adding(other) ?? Money(nanoUSD: other.nanoUSD < 0 ? .min : .max)
    }

    /// The difference; nil where it does not fit.
    package func subtracting(_ other: Money) -> Money? {
        let (difference, overflow) = nanoUSD.subtractingReportingOverflow(other.nanoUSD)
        return overflow ? nil : Money(nanoUSD: difference)
    }

    /// The product; nil where it does not fit.
    package func multiplied(by count: Int64) -> Money? {
        let (product, overflow) = nanoUSD.multipliedReportingOverflow(by: count)
        return overflow ? nil : Money(nanoUSD: product)
    }
}

extension Money: Comparable {
    /// Whether one amount is less than another.
    package static func < (left: Money, right: Money) -> Bool { left.nanoUSD < right.nanoUSD }
}

extension Money: CustomStringConvertible {
    /// The shortest decimal string with at least two decimals: `0.50`, `0.006924`.
    package var description: String { Billionths.spell(nanoUSD, decimalsMin: 2) }
}

extension Money: Codable {
    /// Reads a decimal string, with or without a leading minus.
    ///
    /// - Throws: `DecodingError` for anything that ``init(_:allowsNegative:)`` does not read.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let amount = Money(try container.decode(String.self), allowsNegative: true) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "write an amount as a decimal string such as \"0.50\"")
        }
        self = amount
    }

    /// Writes the decimal string of ``description``.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

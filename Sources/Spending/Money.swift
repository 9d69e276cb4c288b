/// An amount in US dollars, exact to the nano-dollar.
///
/// Int64 nano-dollars reach to about 9.2 billion dollars. Sums trap nowhere: where an amount comes from outside, use
/// the methods that report overflow.
package struct Money: Sendable, Hashable {
    /// The amount in nano-dollars.
    package var nanoUSD: Int64

    /// Nothing.
    package static let zero = Money(nanoUSD: 0)

    /// Makes an amount.
    package init(nanoUSD: Int64) { self.nanoUSD = nanoUSD }
}

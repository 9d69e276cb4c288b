package import Spending

/// What one unit costs, and who says so.
package struct Rate: Sendable, Hashable {
    /// Dollars for one unit.
    package var perUnit: Money
    /// How much costs nothing each month.
    package var free: Quantity
    /// The day that the source speaks of, such as `2026-09-11`; nil for a rate that the user gives.
    package var asOf: String?
    /// Where it was read.
    package var source: String

    /// Makes a rate.
    package init(perUnit: Money, free: Quantity = .zero, asOf: String?, source: String) {
        self.perUnit = perUnit
        self.free = free
        self.asOf = asOf
        self.source = source
    }
}

/// Sums of calls that have something in common.
package struct SpendSum: Sendable, Hashable {
    /// What they have in common.
    package var key: SpendKey
    /// The sums.
    package var amounts: SpendAmounts

    /// Makes a sum.
    package init(key: SpendKey, amounts: SpendAmounts) {
        self.key = key
        self.amounts = amounts
    }
}

package import FoundationEssentials

/// A breach as the ledger remembers it.
package struct JournaledBreach: Sendable, Hashable {
    /// The hold that was too small.
    package var holdID: HoldID
    /// The model that is refused for it.
    package var model: ModelID
    /// What was paid for.
    package var breach: Breach
    /// When it was settled; nil where the journal of an older ledger does not say.
    package var at: Date?
    /// What was held for the call.
    package var bound: Money?
    /// What it cost.
    package var cost: Money?
    /// Whether somebody has accepted it, so that it no longer refuses the model.
    package var isAccepted: Bool

    /// Makes a breach.
    package init(
        holdID: HoldID, model: ModelID, breach: Breach, at: Date?, bound: Money?, cost: Money?, isAccepted: Bool
    ) {
        self.holdID = holdID
        self.model = model
        self.breach = breach
        self.at = at
        self.bound = bound
        self.cost = cost
        self.isAccepted = isAccepted
    }
}

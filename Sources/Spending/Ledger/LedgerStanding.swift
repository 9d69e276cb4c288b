/// Counters, and the moment at which all of them were read.
package struct LedgerStanding: Sendable, Hashable {
    /// One for each line that was asked for, in their order.
    package var counters: [LedgerCounter]
    /// The ledger's instant, and what is in force.
    package var moment: LedgerMoment

    /// Makes a standing.
    package init(counters: [LedgerCounter], moment: LedgerMoment) {
        self.counters = counters
        self.moment = moment
    }
}

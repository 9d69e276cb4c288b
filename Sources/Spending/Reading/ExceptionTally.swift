/// How many calls ended as nobody wants them to.
package struct ExceptionTally: Sendable, Hashable {
    /// Calls that were charged in full because their owner was gone.
    package var orphans: Int
    /// What they were charged.
    package var orphansCharged: Money
    /// Calls with a cost above their hold.
    package var breaches: Int

    /// Makes a tally.
    package init(orphans: Int = 0, orphansCharged: Money = .zero, breaches: Int = 0) {
        self.orphans = orphans
        self.orphansCharged = orphansCharged
        self.breaches = breaches
    }

    /// Counts entries.
    package init(_ entries: [JournalEntry]) {
        let orphans = entries.filter { $0.kind == .orphan }
        self.init(
            orphans: orphans.count, orphansCharged: Money(nanoUSD: orphans.map(\.spent.nanoUSD).reduce(0, &+)),
            breaches: entries.count { $0.kind == .breach })
    }

    /// All of them.
    package var count: Int { orphans + breaches }
}

import FoundationEssentials

/// Why a call does not fit: the budgets that have no room for it.
package struct Shortage: Sendable, Hashable {
    /// The one that is named, and whose policy counts.
    package let counter: LedgerCounter
    /// All of them.
    private let counters: [LedgerCounter]
    /// The least that the call can cost.
    package let bound: Money

    /// Makes a shortage.
    ///
    /// - Parameters:
    ///   - counter: The budget that is named.
    ///   - counters: All that have no room.
    ///   - bound: The least that the call can cost.
    init(_ counter: LedgerCounter, among counters: [LedgerCounter], bound: Money) {
        self.counter = counter
        self.counters = counters
        self.bound = bound
    }

    /// Whether there would be room if calls under way cost nothing.
    var isMerelyHeld: Bool { counter.roomWithoutHolds >= bound }

    /// The budget that has room last of all, and when; nil where one of them never has, because its whole limit is less
    /// than the call may cost.
    var opening: (name: BudgetLine.Name, at: Date)? {
        var last: (name: BudgetLine.Name, at: Date)?
        for counter in counters {
            guard let instant = counter.opensAt(for: bound) else { return nil }
            if last.map({ instant > $0.at }) ?? true { last = (counter.line.name, instant) }
        }
        return last
    }
}

extension LedgerCounter {
    /// When a call may find room that finds none now: at the turn of the period, or when a limit that is lowered is the
    /// file's again; nil where the file's limit is less than the call may cost.
    fileprivate func opensAt(for bound: Money) -> Date? {
        guard bound > line.limit, let next = line.next else { return bound > line.limit ? nil : line.period.end }
        guard bound <= next.limit else { return nil }
        // What is spent counts until the period turns.
        guard next.at < line.period.end, (next.limit.subtracting(spent) ?? .zero) < bound else { return next.at }
        return line.period.end
    }
}

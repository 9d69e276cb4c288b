import FoundationEssentials

/// The counters that a transaction has read, and what it changes in them.
package struct CounterBook: Sendable {
    /// What was counted in one period.
    package struct Counter: Sendable, Hashable {
        /// The first instant after the period, in milliseconds since 1970.
        package var endMS: Int64
        /// What is spent.
        package var spent: Money
        /// What is held.
        package var held: Money

        /// Makes a counter of a row.
        package init(endMS: Int64, spent: Money = .zero, held: Money = .zero) {
            self.endMS = endMS
            self.spent = spent
            self.held = held
        }
    }

    /// What entries change in a counter.
    package struct Change: Sendable, Hashable {
        /// What is added to what is spent.
        package var spent = Money.zero
        /// What is added to what is held.
        package var held = Money.zero
        /// The period's end, where the counter is missing or ends too early; nil where it stays.
        package var endMS: Int64?

        /// Whether amounts change.
        package var hasAmounts: Bool { spent != .zero || held != .zero }
    }

    /// With all changes.
    private var known: [BudgetLine.Name: [Int64: Counter]] = [:]
    /// What the store is still to write.
    package private(set) var changes: [CounterKey: Change] = [:]

    /// Makes an empty book.
    package init() {}

    /// Every counter that was read or changed.
    package var all: [(key: CounterKey, counter: Counter)] {
        known.flatMap { name, periods in periods.map { (CounterKey(name: name, startMS: $0), $1) } }
    }

    /// Takes note of a counter as it is in the table; what is still to be written comes on top.
    package mutating func note(_ counter: Counter, _ key: CounterKey) {
        var counter = counter
        if let change = changes[key] {
            counter.spent.nanoUSD += change.spent.nanoUSD
            counter.held.nanoUSD += change.held.nanoUSD
            counter.endMS = max(counter.endMS, change.endMS ?? .min)
        }
        known[key.name, default: [:]][key.startMS] = counter
    }

    /// All that was counted under the line's name in periods that overlap the line's: also those of another rule that the
    /// budget had before.
    package func counter(_ line: BudgetLine) -> LedgerCounter {
        let (start, end) = (line.period.start.milliseconds, line.period.end.milliseconds)
        var counter = LedgerCounter(line: line, spent: .zero, held: .zero)
        for (startMS, amounts) in known[line.name] ?? [:] where startMS < end && amounts.endMS > start {
            counter.spent = counter.spent.addingUpToLimit(amounts.spent)
            counter.held = counter.held.addingUpToLimit(amounts.held)
        }
        return counter
    }

    /// Makes sure that a line, whose counters were read, has one of its own period.
    mutating func open(_ line: BudgetLine) -> CounterKey {
        let key = CounterKey(line)
        let endMS = line.period.end.milliseconds
        if (known[key.name]?[key.startMS]?.endMS ?? .min) < endMS {
            changes[key, default: Change()].endMS = endMS
            known[key.name, default: [:]][key.startMS, default: Counter(endMS: endMS)].endMS = endMS
        }
        return key
    }

    /// Counts what an entry of the journal changes.
    mutating func count(spent: Money, held: Money, in keys: [CounterKey]) {
        guard spent != .zero || held != .zero else { return }
        for key in keys {
            changes[key, default: Change()].spent.nanoUSD += spent.nanoUSD
            changes[key, default: Change()].held.nanoUSD += held.nanoUSD
            // What was not read is not asked for.
            known[key.name]?[key.startMS]?.spent.nanoUSD += spent.nanoUSD
            known[key.name]?[key.startMS]?.held.nanoUSD += held.nanoUSD
        }
    }

    /// Gives what is to be written, once.
    package mutating func takeChanges() -> [CounterKey: Change] {
        defer { changes = [:] }
        return changes
    }
}

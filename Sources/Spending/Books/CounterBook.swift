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

    /// The spans of time of which every counter that overlaps them was read, in milliseconds since 1970.
    private var spans: [BudgetLine.Name: [Range<Int64>]] = [:]
    /// Whether there are no counters but those in the book.
    private let isWhole: Bool
    /// With all changes.
    private var known: [BudgetLine.Name: [Int64: Counter]] = [:]
    /// What the store is still to write.
    package private(set) var changes: [CounterKey: Change] = [:]

    /// Makes an empty book.
    ///
    /// - Parameter isWhole: Whether there are no counters elsewhere, so that none has to be read.
    package init(isWhole: Bool = false) { self.isWhole = isWhole }

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

    /// Takes note that every counter under a name that overlaps a span of time was noted, and that there are no others.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - startMS: The span's first instant, in milliseconds since 1970.
    ///   - endMS: The first instant after it.
    package mutating func noteAll(of name: BudgetLine.Name, from startMS: Int64, to endMS: Int64 = .max) {
        spans[name, default: []].append(startMS..<max(startMS, endMS))
    }

    /// Whether all was read that a line counts: what nobody has read is not nothing.
    package func hasAll(of line: BudgetLine) -> Bool {
        let period = line.period
        return isWhole
            || (spans[line.name] ?? []).contains {
                $0.lowerBound <= period.start.milliseconds && period.end.milliseconds <= $0.upperBound
            }
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

    /// Whether a line, whose counters were read, has one of its own period.
    func isOpen(_ line: BudgetLine) -> Bool {
        let key = CounterKey(line)
        return known[key.name]?[key.startMS] != nil
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

package import FoundationEssentials

/// A budget in one period.
package struct BudgetLine: Sendable, Hashable {
    /// The name under which the ledger counts.
    package var name: Name
    /// The period.
    package var period: Period
    /// The limit in that period.
    package var limit: Money
    /// When the file's limit is in force again, and what that is; nil where it is now.
    package var next: Next?

    /// A limit that comes.
    package struct Next: Sendable, Hashable {
        /// From when on.
        package var at: Date
        /// The limit.
        package var limit: Money
    }

    /// Makes a line.
    package init(name: Name, period: Period, limit: Money, next: Next? = nil) {
        self.name = name
        self.period = period
        self.limit = limit
        self.next = next
    }
}

/// What is spent and held of one budget in one period.
package struct LedgerCounter: Sendable, Hashable {
    /// The budget and its period.
    package var line: BudgetLine
    /// What is spent.
    package var spent: Money
    /// What is held for calls under way.
    package var held: Money

    /// Makes a counter.
    package init(line: BudgetLine, spent: Money, held: Money) {
        self.line = line
        self.spent = spent
        self.held = held
    }

    /// What a call may still cost; negative where the limit was lowered below what is spent.
    package var room: Money {
        // Both counters are never negative, so that no difference passes Int64.min by more than it can hold.
        line.limit.subtracting(spent)?.subtracting(held) ?? Money(nanoUSD: .min)
    }

    /// What a call might cost if all calls under way cost nothing; negative as ``room``.
    package var roomWithoutHolds: Money { line.limit.subtracting(spent) ?? Money(nanoUSD: .min) }

    /// Whether what is spent has reached a percentage of the limit.
    package func hasReached(_ percent: Int) -> Bool {
        // Rounded up, so that an alert never comes early.
        let (hundredths, rest) = line.limit.nanoUSD.quotientAndRemainder(dividingBy: 100)
        let threshold = hundredths * Int64(percent) + (rest * Int64(percent) + 99) / 100
        return spent.nanoUSD >= threshold
    }
}

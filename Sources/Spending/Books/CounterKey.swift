package import FoundationEssentials

/// What a ledger counts in: a budget, or a tenant's share of one, in one period.
package struct CounterKey: Sendable, Hashable {
    /// The name under which the ledger counts.
    package let name: BudgetLine.Name
    /// The period's first instant, in milliseconds since 1970.
    package let startMS: Int64

    /// Makes a key of a row.
    package init(name: BudgetLine.Name, startMS: Int64) {
        self.name = name
        self.startMS = startMS
    }

    /// The key of a line.
    package init(_ line: BudgetLine) { self.init(name: line.name, startMS: line.period.start.milliseconds) }

    /// The key of a line in the journal.
    package init(_ line: JournalEntry.Line) { self.init(name: line.name, startMS: line.periodStart.milliseconds) }

    /// The period's first instant.
    package var periodStart: Date { Date(milliseconds: startMS) }
}

package import FoundationEssentials

/// Which calls a report sums up, and by what it puts them together.
package struct SpendQuery: Sendable, Hashable {
    /// What the calls of one sum have in common.
    package enum Grouping: Sendable, Hashable {
        /// The quarter of an hour of their reservation: every zone's days are made of whole ones.
        case quarter
        /// The function that made them.
        case function
        /// The model that was asked.
        case model
        /// Who asked.
        case tenant
        /// The question that they were made for; so many of the dearest.
        case question(atMost: Int)
    }

    /// From its first instant up to, but without, its last; rounded outwards to whole quarters of an hour.
    package var span: Range<Date>
    /// By what they are put together.
    package var grouping: Grouping
    /// Which calls; for ``Grouping/question(atMost:)`` it must be everything.
    package var scope: BudgetScope

    /// Makes a query.
    package init(span: Range<Date>, grouping: Grouping, scope: BudgetScope = BudgetScope()) {
        self.span = span
        self.grouping = grouping
        self.scope = scope
    }

    /// The quarters of an hour of the span, as whole numbers since 1970.
    package var quarters: Range<Int64> {
        let first = SpendQuarter.number(span.lowerBound)
        return first..<max(first, SpendQuarter.number(span.upperBound.addingTimeInterval(899.999)))
    }
}

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

/// Quarters of an hour, counted from 1970.
package enum SpendQuarter {
    /// How long one is.
    package static let seconds: Int64 = 900

    /// The number of the quarter that an instant belongs to.
    package static func number(_ instant: Date) -> Int64 {
        // The clamp is some 30,000 years wide.
        let second = Int(max(-1e12, min(1e12, (instant.timeIntervalSince1970 + 0.000_01).rounded(.down))))
        return Int64(floorDivide(second, Int(seconds)))
    }

    /// The first instant of a quarter.
    package static func start(_ number: Int64) -> Date {
        Date(timeIntervalSince1970: Double(number) * Double(seconds))
    }
}

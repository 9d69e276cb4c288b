/// A column of a table.
package struct Column: Sendable, Hashable {
    /// How much a column matters: what becomes of it where the terminal is too narrow for all.
    package enum Importance: Int, Sendable, Hashable, Comparable {
        /// Never shown to people, who read it off another column; for `csv` alone.
        case record
        /// Left out first.
        case low
        /// Left out next.
        case normal
        /// Never left out.
        case high

        /// Whether one is left out before another.
        package static func < (left: Importance, right: Importance) -> Bool { left.rawValue < right.rawValue }
    }

    /// Its name for programs, which never changes: the head of the `csv` column, with its unit (`spent_usd`).
    package var key: String
    /// Its name for people.
    package var title: String
    /// Whether numbers are lined up on the right.
    package var isNumeric: Bool
    /// What becomes of it where there is little room.
    package var importance: Importance
    /// Whether a table for people leaves it out while all of its cells are ``Cell/none`` or zero.
    package var isHiddenWhenEmpty: Bool
    /// Whether its words are never cut short, because people copy them.
    package var isWhole: Bool

    /// Makes a column.
    package init(
        _ key: String, _ title: String, isNumeric: Bool = false, importance: Importance = .normal,
        isHiddenWhenEmpty: Bool = false, isWhole: Bool = false
    ) {
        self.key = key
        self.title = title
        self.isNumeric = isNumeric
        self.importance = importance
        self.isHiddenWhenEmpty = isHiddenWhenEmpty
        self.isWhole = isWhole
    }
}

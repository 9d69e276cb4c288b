/// What is known of calls that were charged in full, because they may have been sent and brought no answer that can be used.
package struct CallDoubts: Sendable, Equatable {
    /// What came longer ago says little of how the model is now.
    package static let rowAge: Duration = .seconds(3600)
    /// An entry that lies further ahead was made by a clock that was wrong; nobody can say how long ago it came.
    package static let skewMax: Duration = .seconds(60)
    /// No more of a row is looked at.
    package static let rowMax = 100

    /// How often this very call was, since ever, by its owner or as an orphan; one that was corrected does not count.
    package var ofCall: Int
    /// How many calls to the model were in a row by their owners, whosever they are, since one was answered; up to ``rowMax``,
    /// and not older than ``rowAge``.
    ///
    /// Orphans do not count: the end of their owners says nothing of the model.
    package var inARow: Int
    /// How long that row lasted, from its first to its last.
    package var lasted: Duration
    /// How long ago the last of that row was; 0 where there is none.
    package var sinceLast: Duration

    /// Makes what is known.
    package init(ofCall: Int = 0, inARow: Int = 0, lasted: Duration = .zero, sinceLast: Duration = .zero) {
        self.ofCall = ofCall
        self.inARow = inARow
        self.lasted = lasted
        self.sinceLast = sinceLast
    }
}

/// What is known of calls that were charged in full by their owners, because they were sent and brought no answer that can be
/// used.
///
/// What owners that are gone left behind is not counted: their end says nothing of the model.
package struct CallDoubts: Sendable, Equatable {
    /// What came longer ago says little of how the model is now.
    package static let rowAge: Duration = .seconds(3600)
    /// An entry that lies further ahead was made by a clock that was wrong; nobody can say how long ago it came.
    package static let skewMax: Duration = .seconds(60)
    /// No more of a row is looked at.
    package static let rowMax = 100

    /// How often this very call was, since ever.
    package var ofCall: Int
    /// How many calls to the model were in a row, whosever they are, since one was answered; up to ``rowMax``, and not older
    /// than ``rowAge``.
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

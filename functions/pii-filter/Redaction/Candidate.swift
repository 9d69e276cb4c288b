/// A place where a detector sees personal data.
struct Candidate: Sendable {
    /// How sure a detector is; where two candidates overlap, the stronger wins, then the longer.
    enum Strength: Int, Comparable, Sendable {
        /// Words that look like a name or an address. Gives way to everything else and is cut to what is left.
        case soft
        /// Digits that fit, in a grouping that nobody would expect.
        case unusual
        /// Digits in a usual form.
        case usual
        /// A check digit and a form of its own, or a word before it that says what it is.
        case certain

        static func < (left: Strength, right: Strength) -> Bool { left.rawValue < right.rawValue }
    }

    /// What it is.
    let kind: Kind
    /// Where it is, as positions in the ``FoldedText``.
    let range: Range<Int>
    /// What makes two of them the same value: case, grouping and country code do not.
    let key: String
    /// How sure the detector is.
    let strength: Strength
}

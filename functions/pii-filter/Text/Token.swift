/// A run of letters or a run of digits.
struct Token: Sendable {
    /// How a word is written.
    enum Shape: Sendable {
        /// Digits.
        case number
        /// One capital letter.
        case initial
        /// A capital letter, then others.
        case capitalised
        /// Capital letters only, at least two.
        case upper
        /// Anything that starts with a small letter.
        case lower
        /// A script without capital letters.
        case caseless
    }

    /// Where it is, as positions in the ``FoldedText``.
    let range: Range<Int>
    /// How it is written.
    let shape: Shape
    /// The word in small letters, or the digits.
    let text: String
    /// What is known of the word.
    let traits: WordTraits
    /// What the word says of a number behind it.
    let cue: Cue?

    /// Whether it is a run of digits.
    var isNumber: Bool { shape == .number }
}

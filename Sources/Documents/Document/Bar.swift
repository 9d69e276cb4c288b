/// How full something is.
package struct Bar: Sendable, Hashable {
    /// How loud it is shown.
    package enum Level: Sendable, Hashable {
        /// There is room.
        case calm
        /// A threshold is passed.
        case warning
        /// The limit is reached.
        case full
    }

    /// The part that is used up, 0 to 1; more is drawn as 1.
    package var filled: Double
    /// The part beyond it that is held, 0 to 1.
    package var held: Double
    /// How loud it is shown.
    package var level: Level

    /// Makes a bar.
    package init(filled: Double, held: Double = 0, level: Level = .calm) {
        self.filled = filled
        self.held = held
        self.level = level
    }
}

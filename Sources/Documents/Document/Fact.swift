/// One thing that is known, under its name.
package struct Fact: Sendable, Hashable {
    /// What is known.
    package var name: String
    /// The value, or a sentence.
    package var words: String

    /// Makes a fact.
    package init(_ name: String, _ words: String) {
        self.name = name
        self.words = words
    }
}

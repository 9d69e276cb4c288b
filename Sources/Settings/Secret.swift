/// A text that no description, reflection or dump shows.
package struct Secret: Sendable, Hashable {
    /// The text itself.
    package let text: String

    /// Keeps a text.
    package init(_ text: String) { self.text = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// That there is one.
    package var description: String { "(secret)" }
    /// That there is one.
    package var debugDescription: String { description }
    /// Nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

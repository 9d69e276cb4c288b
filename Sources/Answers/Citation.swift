/// A passage that an answer names.
package struct Citation: Sendable, Hashable, Codable {
    /// The passage's id.
    package var id: String
    /// The passage's title.
    package var heading: String

    /// Makes a citation.
    package init(id: String, heading: String) {
        self.id = id
        self.heading = heading
    }
}

/// A part of a document under a title of its own.
package struct Section: Sendable {
    /// One thing that a section shows.
    package enum Block: Sendable {
        /// Rows and columns.
        case table(Table)
        /// What is known of one thing, a line a fact.
        case facts([Fact])
        /// Words of somebody else, line for line as they are.
        case verbatim(String)
        /// A picture; formats without pictures leave it out, because a table says the same.
        case chart(Chart)
        /// A sentence that must be read; commands stand between backquotes.
        case note(String)
        /// How numbers come about, for those who want to know.
        case explanation(title: String, String)
    }

    /// Its title; nil where the document's headline says enough.
    package var title: String?
    /// What it shows.
    package var blocks: [Block]
    /// Whether it may share its row with a neighbour of the same kind on a wide page.
    package var isCompact: Bool

    /// Makes a section.
    package init(title: String? = nil, isCompact: Bool = false, _ blocks: [Block]) {
        self.title = title
        self.isCompact = isCompact
        self.blocks = blocks
    }
}

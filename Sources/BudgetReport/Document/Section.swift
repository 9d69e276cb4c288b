/// A part of a document under a title of its own.
package struct Section: Sendable {
    /// One thing that a section shows.
    package enum Block: Sendable {
        /// Rows and columns.
        case table(Table)
        /// A picture; formats without pictures leave it out, because a table says the same.
        case chart(Chart)
        /// A sentence that must be read.
        case note(String)
    }

    /// Its title; nil where the document's headline says enough.
    package var title: String?
    /// What it shows.
    package var blocks: [Block]

    /// Makes a section.
    package init(title: String? = nil, _ blocks: [Block]) {
        self.title = title
        self.blocks = blocks
    }
}

import FoundationEssentials
import Hashing

/// A passage that a file gives.
package struct Chunk: Sendable, Hashable {
    /// Names it in citations: the document's own, or the file's name with the digest's first digits.
    package let id: String
    /// The headings that it stands under.
    package let heading: String
    /// Its text.
    package let text: String
    /// The SHA-256 of heading and text, in lowercase hexadecimal digits.
    package let digest: String
    /// The file's name.
    package let source: String

    /// How many of the digest's digits stand in an id: with 48 bits two of a million passages share one by a chance of
    /// 1 in 560.
    private static let digitsOfID = 12

    init(id: String?, heading: String, text: String, source: String) {
        digest = SHA256.hex(Data("\(heading)\u{0}\(text)".utf8))
        self.id = id ?? "\(Self.stem(source))-\(digest.prefix(Self.digitsOfID))"
        self.heading = heading
        self.text = text
        self.source = source
    }

    /// What is embedded: the heading says what the text is about.
    package var embeddedText: String { heading.isEmpty ? text : "\(heading)\n\(text)" }

    /// A file's name as a word that fits into a citation: `My notes.md` is `my-notes`.
    static func stem(_ source: String) -> String {
        let name = source.split(separator: "/").last ?? ""
        let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name
        let words = stem.lowercased().split { !$0.isLetter && !$0.isNumber }
        return words.isEmpty ? "passage" : String(words.joined(separator: "-").prefix(40))
    }
}

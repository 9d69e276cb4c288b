package import FunctionKit

/// A passage as a collection keeps it.
package struct ChromaRecord: Sendable, Hashable {
    /// What a collection keeps beside id and text.
    package struct Metadata: Sendable, Hashable, Codable {
        /// The passage's title.
        package var heading: String?
        /// The digest of heading and text, by which an unchanged passage is known again.
        package var digest: String?
        /// The file that it came from.
        package var source: String?

        private enum CodingKeys: String, CodingKey {
            case heading, source
            case digest = "sha256"
        }
    }

    /// The passage's id.
    package var id: String
    /// Its text; empty where it was not asked for.
    package var text: String
    /// What is kept beside.
    package var metadata: Metadata

    /// Makes a record.
    package init(id: String, text: String, heading: String, digest: String, source: String) {
        self.init(id: id, text: text, metadata: Metadata(heading: heading, digest: digest, source: source))
    }

    init(id: String, text: String, metadata: Metadata) {
        self.id = id
        self.text = text
        self.metadata = metadata
    }

    /// The record as an answer may rest on it.
    package func passage(score: Double) -> Passage {
        Passage(id: id, heading: metadata.heading ?? "", text: text, score: score)
    }
}

/// Names one paid call, stable over redeliveries.
package struct CallID: Sendable, Codable {
    /// The question that it is made for.
    package var questionID: String
    /// The function that makes it.
    package var function: String
    /// Its place among the calls of the invocation, from 0.
    package var ordinal: Int
    /// The SHA-256 of the request, in lowercase hexadecimal digits.
    package var digest: String

    /// Makes an id.
    package init(questionID: String, function: String, ordinal: Int, digest: String) {
        self.questionID = questionID
        self.function = function
        self.ordinal = ordinal
        self.digest = digest
    }
}

extension CallID: Hashable {
    /// Whether two ids have the same bytes, as stores compare them: `é` in one character is another id than in two.
    package static func == (left: Self, right: Self) -> Bool {
        left.ordinal == right.ordinal && zip(left.texts, right.texts).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Hashes the bytes.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(ordinal)
        for text in texts {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    private var texts: [String] { [questionID, function, digest] }
}

/// Names one paid call, stable over redeliveries.
package struct CallID: Sendable, Hashable, Codable {
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

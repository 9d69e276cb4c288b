package import FunctionKit
import Logging

/// Takes personal data out of a question before anything else sees it.
///
/// ```json
/// {"question": "I am Asha Rao, call 98765 43210"}
/// {"question": "I am [NAME_1], call [PHONE_1]", "redactions": {"NAME": 1, "PHONE": 1}}
/// ```
///
/// The same value always gets the same placeholder within a question. A text that already holds placeholders keeps
/// them, and numbering goes on above: the filter's own output passes through it unchanged.
package struct PIIFilter: Function {
    /// What the filter takes.
    package struct Input: Decodable, Sendable {
        /// The asker's own words, at most ``PIIFilter/questionBytesMax`` bytes of UTF-8.
        package let question: String
    }

    /// What the filter gives: the input of the next function.
    package struct Output: Encodable, Sendable {
        /// The question with placeholders such as `[PHONE_1]`.
        package let question: String
        /// How many places were replaced, by kind: counts only, never values.
        package let redactions: [String: Int]
    }

    /// The longest question, so that no invocation can take long and no model call gets large.
    package static let questionBytesMax = 8_192

    /// Makes the filter, which keeps nothing between two questions.
    package init() {}

    /// Replaces personal data in one question.
    ///
    /// - Throws: ``FunctionError/permanent(_:)`` where the question is empty or too long.
    @concurrent package func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
        guard input.question.utf8.count <= Self.questionBytesMax else {
            throw FunctionError.permanent("the question is longer than 8192 bytes: send a shorter one")
        }
        guard
            input.question.unicodeScalars.contains(where: {
                !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
            })
        else {
            throw FunctionError.permanent("the question is empty: send some text")
        }
        let redaction = Redactor().redact(input.question)
        context.logger.debug(
            "question redacted",
            metadata: ["redaction.count": "\(redaction.counts.values.reduce(0, +))"])
        return Output(question: redaction.text, redactions: redaction.counts)
    }
}

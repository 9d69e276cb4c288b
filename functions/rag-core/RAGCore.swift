package import FunctionKit
import Logging

/// Finds the passages that may answer a question.
///
/// Reads no personal data and costs nothing; safe to repeat. See the folder's README for its JSON.
package struct RAGCore: Function {
    private let index: any PassageIndex
    private let passagesMax: Int

    /// Makes the function.
    ///
    /// - Parameters:
    ///   - index: Where the passages are looked for.
    ///   - passages: The most passages to hand on, at least 1.
    package init(index: any PassageIndex, passages: Int = 4) {
        precondition(passages >= 1, "rag-core hands on at least one passage")
        self.index = index
        self.passagesMax = passages
    }

    /// Hands on the question with the best passages, best first; none where the index holds nothing about it.
    ///
    /// - Throws: ``FunctionError/permanent(_:)`` for a question without text, otherwise what the index throws.
    @concurrent package func invoke(_ input: Question, context: InvocationContext) async throws -> FoundPassages {
        guard input.question.contains(where: { !$0.isWhitespace }) else {
            throw FunctionError.permanent("the question is empty; send one with text")
        }
        let passages = try await index.search(input.question, limit: passagesMax, context: context)
        context.logger.debug("passages found", metadata: ["passages.count": "\(passages.count)"])
        return FoundPassages(question: input.question, passages: passages)
    }
}

/// What `rag-core` takes.
///
/// Other keys, such as the redactions of `pii-filter`, are ignored.
package struct Question: Decodable, Sendable {
    /// The question without personal data.
    package var question: String

    /// Makes an input.
    package init(question: String) { self.question = question }
}

/// What `rag-core` gives.
package struct FoundPassages: Encodable, Sendable {
    /// The question, as it came.
    package var question: String
    /// The passages, best first.
    package var passages: [Passage]
}

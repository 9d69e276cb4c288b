/// Lay questions on consumer law, and the law's text that answers them.
package enum LayQuestions {
    /// A piece of the law.
    package struct Unit: Decodable, Sendable {
        /// Where it stands in the law.
        package let id: String
        /// What it is about.
        package let heading: String?
        /// All of it.
        package let text: String
    }

    /// All that may answer a question.
    package static func units() throws -> [Unit] {
        try ["cpa2019-units", "ecommerce-rules-2020-units", "consumer-rules-facts"].flatMap {
            try SharedData.records("kb/\($0).jsonl", as: Unit.self)
        }
    }

    /// The questions that have an answer there.
    package static func queries() throws -> [JudgedQuery] {
        try SharedData.records("retrieval/consumer-questions-dev.jsonl", as: JudgedQuery.self)
            .filter { $0.answerable == true }
    }
}

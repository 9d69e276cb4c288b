import Foundation
package import FunctionKit
import FunctionTesting

/// A query, and what people found of its passages.
package struct JudgedQuery: Decodable, Sendable {
    /// What is asked.
    package let query: String
    /// Grades by the passages' ids; what is not named is of no use.
    package let relevant: [String: Int]
    /// Whether any passage answers it, where that is known.
    package let answerable: Bool?
}

/// How good a ranking is.
package enum RankingGain {
    /// The mean over the queries of the normalised discounted cumulative gain of the first ten, gain 2^grade - 1.
    package static func mean(of index: some PassageIndex, queries: [JudgedQuery]) async throws -> Double {
        var sum = 0.0
        for query in queries {
            let found = try await index.search(query.query, limit: 10, context: .testing()).map {
                query.relevant[$0.id] ?? 0
            }
            let best = query.relevant.values.sorted(by: >).prefix(10)
            sum += discounted(found) / discounted(Array(best))
        }
        return sum / Double(queries.count)
    }

    private static func discounted(_ grades: [Int]) -> Double {
        grades.enumerated().reduce(0) { $0 + (pow(2, Double($1.element)) - 1) / log2(Double($1.offset + 2)) }
    }
}

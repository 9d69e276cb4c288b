import Foundation
package import Spending
import StrictYAML

/// By what a report puts calls together.
package enum ReportGrouping: String, Sendable, CaseIterable {
    case hour, day, week, month, function, model, tenant, question

    /// Reads a person's word.
    ///
    /// - Throws: ``ReportProblem`` with the word that was most likely meant.
    package init(word: String) throws(ReportProblem) {
        guard let grouping = ReportGrouping(rawValue: word) else {
            let words = Self.allCases.map(\.rawValue)
            let hint = nearest(to: word, among: words).map { "did you mean `\($0)`?" }
            throw ReportProblem(
                "--by takes \(words.dropLast().joined(separator: ", ")) or \(words.last ?? ""), not `\(word)`"
                    + (hint.map { "; \($0)" } ?? ""))
        }
        self = grouping
    }

    /// How long its spans of time are; nil where calls are not put together by time.
    package var length: PeriodRule.Length? {
        switch self {
        case .hour: .hour
        case .day: .day
        case .week: .week
        case .month: .month
        case .function, .model, .tenant, .question: nil
        }
    }

    /// What a ledger puts together for it.
    func queryGrouping(atMost count: Int) -> SpendQuery.Grouping {
        switch self {
        case .hour, .day, .week, .month: .quarter
        case .function: .function
        case .model: .model
        case .tenant: .tenant
        case .question: .question(atMost: count)
        }
    }

    /// How many days back a report looks that is not told since when.
    package var daysBack: Int {
        switch self {
        case .hour: 1
        case .week: 12 * 7
        case .month: 365
        case .day, .function, .model, .tenant, .question: 30
        }
    }
}

package import Foundation

/// Answers of a quarter of an hour that were made without the model.
package struct DegradedAnswers: Sendable, Hashable {
    /// The first instant of the quarter in which the questions were accepted.
    package let quarter: Date
    /// Who asked; nil where tenants are not told apart.
    package let tenant: String?
    /// How many.
    package let count: Int

    /// Makes a count.
    package init(quarter: Date, tenant: String?, count: Int) {
        self.quarter = quarter
        self.tenant = tenant
        self.count = count
    }
}

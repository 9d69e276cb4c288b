import CivilTime
import FoundationEssentials
import Spending

/// What an owner wants to raise, or to lower.
package struct RequestedRaise: Sendable {
    let budget: String
    let limit: Money
    let until: Date
    let reason: String

    /// Reads what a person wrote.
    ///
    /// - Parameters:
    ///   - budget: The budget's name.
    ///   - limit: US dollars as a decimal string.
    ///   - until: An instant in ISO 8601 with its offset.
    ///   - reason: Why.
    /// - Throws: ``RaiseProblem`` that says what to write instead.
    package init(budget: String, limit: String, until: String, reason: String) throws(RaiseProblem) {
        guard let amount = Money(limit), amount > .zero else {
            throw RaiseProblem(
                description: "--to takes US dollars above zero with at most nine decimals, such as 2.50")
        }
        guard let instant = CivilTime.instant(until) else {
            throw RaiseProblem(
                description: "--until takes an instant with its offset, such as 2030-11-24T18:00:00+05:30")
        }
        self.budget = budget
        self.limit = amount
        self.until = instant
        self.reason = reason
    }
}

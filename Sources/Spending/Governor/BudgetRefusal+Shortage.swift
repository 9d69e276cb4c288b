import FoundationEssentials
import FunctionKit

extension BudgetRefusal {
    /// What an asker is told.
    ///
    /// A question that no turn of a period helps is not made to wait: it is rejected.
    ///
    /// - Parameters:
    ///   - shortage: Where there is no room.
    ///   - budgetOfLine: The budget that a line's name belongs to.
    init(_ shortage: Shortage, _ budgetOfLine: (BudgetLine.Name) -> Budget?) {
        let counter = shortage.counter
        let name = counter.line.name
        let opening = shortage.opening
        let policy = budgetOfLine(name)?.exhausted ?? .reject
        let cause: Cause =
            shortage.isMerelyHeld ? .held : counter.roomWithoutHolds <= .zero ? .spent : .noRoom
        let left = max(.zero, counter.room)
        var explanation =
            switch cause {
            case .spent: "the budget `\(name)` is spent"
            case .held:
                "the budget `\(name)` has no room for a call while others are under way"
                    + " (it may cost up to $\(shortage.bound), $\(left) is left)"
            case .noRoom where opening == nil:
                "the budget `\(name)` has no room for a call"
                    + " (it may cost up to $\(shortage.bound), and the limit is $\(counter.line.limit))"
            // A breach is no shortage: it never comes here.
            case .noRoom, .breached:
                "the budget `\(name)` has no room for a call"
                    + " (it may cost up to $\(shortage.bound), $\(left) is left)"
            }
        if cause == .held {
            explanation += "; ask again in a moment"
        } else if let opening {
            let zone = budgetOfLine(opening.name)?.rule.timeZone ?? .gmt
            explanation +=
                (opening.name == name
                    ? "; it opens at " : "; `\(opening.name)`, which has no room either, opens at ")
                + "\(opening.at.wallClock(zone)) \(zone.ianaName) (\(opening.at.formatted(.iso8601)))"
        } else {
            explanation += "; ask something shorter, or raise the limit"
        }
        self.init(
            budget: name.description, cause: cause, remainingNanoUSD: left.nanoUSD,
            neededNanoUSD: shortage.bound.nanoUSD,
            policy: opening == nil && policy == .waitUntilReset ? .reject : policy,
            opensAt: cause == .held ? counter.line.period.end : opening?.at,
            explanation: explanation)
    }
}

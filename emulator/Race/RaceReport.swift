import FoundationEssentials
import Spending

/// What came of a race.
package struct RaceReport: Encodable, Sendable {
    let calls, concurrency, processes: Int
    let limit, bound: Money
    /// Calls that the upstream answered, and what they cost by its count.
    let served: Int
    let spent: Money
    /// By how much the upstream was paid above the limit.
    let overshoot: Money
    let left, heldAtEnd: Money
    let refused, refusedWhileHeld, failed: Int
    let seconds: Double
    let isSound: Bool

    private enum CodingKeys: String, CodingKey {
        case calls, concurrency, processes, served, refused, failed, seconds
        case limit = "limit_usd"
        case bound = "bound_usd"
        case spent = "spent_usd"
        case overshoot = "overshoot_usd"
        case left = "left_usd"
        case heldAtEnd = "held_at_end_usd"
        case refusedWhileHeld = "refused_while_held"
        case isSound = "sound"
    }

    init(
        rules: RaceRules, served: Int, cost: Money, bound: Money, outcome: RaceRunner.Outcome, status: BudgetStatus,
        isSound: Bool, took: Duration
    ) {
        calls = rules.calls
        concurrency = rules.concurrency
        processes = rules.processes
        limit = rules.limit
        self.bound = bound
        self.served = served
        spent = cost.multiplied(by: Int64(served)) ?? Money(nanoUSD: .max)
        overshoot = max(.zero, spent.subtracting(limit) ?? .zero)
        left = limit.subtracting(spent) ?? .zero
        heldAtEnd = status.held
        refused = outcome.refusedSpent
        refusedWhileHeld = outcome.refusedHeld
        failed = outcome.failed
        seconds = (took / .milliseconds(1)).rounded() / 1000
        // The ledger and the upstream must have seen the same calls.
        self.isSound = isSound && status.spent == spent && outcome.paid == served
    }

    /// Whether the limit was kept to the nano-dollar and nothing was refused that would have fitted a moment later.
    package var isKept: Bool {
        overshoot == .zero && heldAtEnd == .zero && refusedWhileHeld == 0 && failed == 0 && isSound
            && (left < bound || served == calls)
    }

    /// A table for people.
    package var text: String {
        let where_ = processes == 1 ? "one process" : "\(processes) processes"
        return """
            \(calls) calls, \(concurrency) at once from \(where_), for a limit of $\(limit)
              served     \(served), $\(spent) by the upstream's own count
              overshoot  $\(overshoot)
              left       $\(left); a call may cost up to $\(bound)
              refused    \(refused) because the limit had no room, \(refusedWhileHeld) while money was merely held
              failed     \(failed)
              held       $\(heldAtEnd) at the end
              ledger     \(isSound ? "agrees with its journal and with the upstream" : "DISAGREES")
              took       \(seconds) s

            """
    }
}

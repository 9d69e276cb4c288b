package import Documents
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

    /// Whether the limit was kept to the nano-dollar and nothing was refused that would have fitted a moment later.
    package var isKept: Bool {
        overshoot == .zero && heldAtEnd == .zero && refusedWhileHeld == 0 && failed == 0 && isSound
            && (left < bound || served == calls)
    }

    /// What came of it, a line a fact.
    package var document: Document {
        let place = processes == 1 ? "one process" : "\(processes) processes"
        let facts = [
            Fact("served", "\(served), $\(spent) by the upstream's own count"),
            Fact("overshoot", "$\(overshoot)"),
            Fact("left", "$\(left); a call may cost up to $\(bound)"),
            Fact(
                "refused",
                "\(refused) because the limit had no room, \(refusedWhileHeld) while money was merely held"),
            Fact("failed", "\(failed)"), Fact("held", "$\(heldAtEnd) at the end"),
            Fact("ledger", isSound ? "agrees with its journal and with the upstream" : "DISAGREES"),
            Fact("took", "\(seconds) s"),
        ]
        return Document(
            headline: "\(calls) calls, \(concurrency) at once from \(place), for a limit of $\(limit)",
            sections: [Section([.facts(facts)])], records: records, value: self)
    }

    private var records: Table {
        let fields: [(String, Cell)] = [
            ("calls", .count(calls)), ("concurrency", .count(concurrency)), ("processes", .count(processes)),
            ("limit_usd", .money(limit)), ("bound_usd", .money(bound)), ("served", .count(served)),
            ("spent_usd", .money(spent)), ("overshoot_usd", .money(overshoot)), ("left_usd", .money(left)),
            ("held_at_end_usd", .money(heldAtEnd)), ("refused", .count(refused)),
            ("refused_while_held", .count(refusedWhileHeld)), ("failed", .count(failed)),
            ("seconds", .text("\(seconds)")), ("sound", .text("\(isSound)")),
        ]
        return Table(columns: fields.map { Column($0.0, $0.0) }, rows: [fields.map(\.1)])
    }
}

extension RaceReport {
    /// A report on a race that is over.
    init(
        rules: RaceRules, served: Int, cost: Money, bound: Money, outcome: RaceRunner.Outcome, status: BudgetStatus,
        isSound: Bool, took: Duration
    ) {
        let spent = cost.multiplied(by: Int64(served)) ?? Money(nanoUSD: .max)
        self.init(
            calls: rules.calls, concurrency: rules.concurrency, processes: rules.processes, limit: rules.limit,
            bound: bound, served: served, spent: spent,
            overshoot: max(.zero, spent.subtracting(rules.limit) ?? .zero),
            left: rules.limit.subtracting(spent) ?? .zero, heldAtEnd: status.held, refused: outcome.refusedSpent,
            refusedWhileHeld: outcome.refusedHeld, failed: outcome.failed,
            seconds: (took / .milliseconds(1)).rounded() / 1000,
            // The ledger and the upstream must have seen the same calls.
            isSound: isSound && status.spent == spent && outcome.paid == served)
    }
}

package import FoundationEssentials
package import Spending

/// One value of a table.
package enum Cell: Sendable, Hashable {
    /// Nothing is known, or nothing applies.
    case none
    /// Words.
    case text(String)
    /// An amount in US dollars.
    case money(Money)
    /// An amount that people read to a hundredth of a cent, and programs whole.
    case about(Money)
    /// A whole number.
    case count(Int)
    /// A share of a hundred.
    case percent(Double)
    /// A moment.
    case instant(Date)
    /// A bar, drawn where there is room for it.
    case bar(Bar)

    /// Whether it says nothing, or zero.
    package var isEmpty: Bool {
        switch self {
        case .none: true
        case .money(let amount), .about(let amount): amount == .zero
        case .count(let count): count == 0
        default: false
        }
    }

    /// An amount that may be missing.
    package static func money(ifKnown amount: Money?) -> Cell { amount.map(Cell.money) ?? .none }

    /// An amount that may be missing, likewise.
    package static func about(ifKnown amount: Money?) -> Cell { amount.map(Cell.about) ?? .none }

    /// A number that may be missing.
    package static func count(ifKnown count: Int?) -> Cell { count.map(Cell.count) ?? .none }

    /// An instant that may be missing.
    package static func instant(ifKnown instant: Date?) -> Cell { instant.map(Cell.instant) ?? .none }
}

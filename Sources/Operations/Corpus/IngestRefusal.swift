package import Spending

/// Why an ingest was not begun: somebody has to agree first, or a budget has no room.
package enum IngestRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// It costs money, and nobody agreed.
    case notConfirmed(costMax: Money, texts: Int, model: String)
    /// The budget has less room than it may cost.
    case noRoom(budget: String, remaining: Money, costMax: Money)

    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .notConfirmed(let cost, let texts, let model):
            "the vectors of \(texts) \(texts == 1 ? "text" : "texts") by \(model) cost up to $\(cost);"
                + " add --yes to agree, or --dry-run to look"
        case .noRoom(let budget, let remaining, let cost):
            "the vectors cost up to $\(cost), and `\(budget)` has $\(remaining) left; wait, raise it, or name fewer files"
        }
    }
}

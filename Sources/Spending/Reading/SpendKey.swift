package import FoundationEssentials

/// What the calls of one sum have in common.
package enum SpendKey: Sendable, Hashable {
    /// The first instant of their quarter of an hour.
    case quarter(Date)
    /// Their function.
    case function(String)
    /// Their model.
    case model(ModelID)
    /// Who asked; nil where tenants are not told apart.
    case tenant(String?)
    /// Their question.
    case question(String)
}

extension SpendKey: Comparable {
    /// Earlier before later, and names in the order of their bytes; no tenant before all others.
    package static func < (left: SpendKey, right: SpendKey) -> Bool {
        left.words.lexicographicallyPrecedes(right.words) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private var words: [String] {
        switch self {
        // Quarters of our time have the same number of digits.
        case .quarter(let start): [String(SpendQuarter.number(start))]
        case .function(let name), .question(let name): [name]
        case .model(let model): [model.provider, model.region, model.model]
        case .tenant(let name): [name ?? ""]
        }
    }
}

/// How Fargate's capacity is bought.
package enum Capacity: String, Sendable, Hashable, CaseIterable {
    /// Capacity that may be taken away at two minutes' notice.
    case spot
    /// Capacity that stays.
    case onDemand = "on-demand"
}

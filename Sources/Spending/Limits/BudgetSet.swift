import FoundationEssentials
import Hashing

/// All budgets of a folder, as they are kept in the ledger and known again.
package struct BudgetSet: Sendable, Hashable {
    /// In the order in which refusals name them.
    package let budgets: [Budget]
    /// The same as canonical JSON: what does not change what a budget means does not change it either.
    package let content: String
    /// The SHA-256 of ``content`` in lowercase hexadecimal digits.
    package let digest: String

    /// Makes a set.
    package init(_ budgets: [Budget]) {
        self.budgets = budgets
        content = BudgetSetJSON(budgets).text
        digest = SHA256.hex(Data(content.utf8))
    }

    /// Reads a set that a ledger keeps.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)`` where a newer program wrote it, or nobody did.
    package init(content: String) throws(GovernorError) {
        guard let budgets = BudgetSetJSON(text: content)?.budgets else {
            throw .ledgerUnavailable(
                reason: "the limits in force were written by a newer sluice, or are damaged; use that sluice")
        }
        self.budgets = budgets
        self.content = content
        digest = SHA256.hex(Data(content.utf8))
    }

    package static func == (left: BudgetSet, right: BudgetSet) -> Bool { left.digest == right.digest }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// What another set changes, a short sentence for each budget; empty where they mean the same.
    ///
    /// - Parameter other: The set that takes this one's place.
    /// - Returns: Such as `daily: limit $0.05 → $0.50`.
    package func changes(to other: BudgetSet) -> [String] {
        guard other != self else { return [] }
        func named(_ name: String, in set: BudgetSet) -> Budget? { set.budgets.first { $0.name == name } }
        let gone = budgets.filter { named($0.name, in: other) == nil }.map { "\($0.name) is left out" }
        let others = other.budgets.compactMap { budget -> String? in
            guard let before = named(budget.name, in: self) else {
                return "\(budget.name) is new: $\(budget.limit) a \(budget.rule.length.rawValue)"
            }
            let changes = zip(before.facts, budget.facts).filter { $0.text != $1.text }
                .map { "\($0.name) \($0.text) → \($1.text)" }
            return changes.isEmpty ? nil : "\(budget.name): \(changes.joined(separator: ", "))"
        }
        let all = gone + others
        return all.isEmpty ? ["the order of the budgets"] : all
    }
}

extension Budget {
    /// All that a budget means beside its name, for people.
    fileprivate var facts: [(name: String, text: String)] {
        func list(_ names: Set<String>?) -> String { names.map { $0.sorted().joined(separator: " ") } ?? "all" }
        let minute = rule.turnsAtMinute
        return [
            ("limit", "$\(limit)"), ("period", rule.length.rawValue), ("timezone", rule.timeZone.identifier),
            ("turns_at", [minute / 60, minute % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")),
            ("provider", list(scope.providers)), ("model", list(scope.models)), ("function", list(scope.functions)),
            ("tenant", list(scope.tenants)), ("tenant_share_percent", "\(tenantSharePercent)"),
            ("alerts_percent", alertsPercent.map(String.init).joined(separator: " ")),
            ("exhausted", "\(BudgetSetJSON.words(exhausted).joined(separator: " "))"),
        ]
    }
}

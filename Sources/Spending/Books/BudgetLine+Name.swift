extension BudgetLine {
    /// The name under which a ledger counts: a budget's, or that of one tenant's share of it.
    ///
    /// Two are the same where their bytes are, as in the tables: a tenant's name that looks the same and is written with
    /// other characters is another tenant's.
    package struct Name: Sendable {
        /// The budget's name, in which there is no slash.
        package let budget: String
        /// The tenant whose share it is; nil for the whole budget.
        package let tenant: String?

        /// Makes the name of a budget, or of a tenant's share of it.
        package init(budget: String, tenant: String? = nil) {
            self.budget = budget
            self.tenant = tenant
        }
    }
}

extension BudgetLine.Name: LosslessStringConvertible {
    /// Reads a name as tables, messages and refusals hold it: `daily`, or `daily/acme`.
    package init(_ text: String) {
        // By bytes: a tenant's name may begin with what would join the slash to one character.
        let bytes = text.utf8
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else {
            self.init(budget: text)
            return
        }
        self.init(
            budget: String(Substring(bytes[..<slash])),
            tenant: String(Substring(bytes[bytes.index(after: slash)...])))
    }

    /// The name as tables, messages and refusals hold it.
    package var description: String { tenant.map { "\(budget)/\($0)" } ?? budget }
}

extension BudgetLine.Name: Hashable {
    /// Whether two names have the same bytes.
    package static func == (left: Self, right: Self) -> Bool {
        guard left.budget.utf8.elementsEqual(right.budget.utf8) else { return false }
        guard let tenant = left.tenant, let other = right.tenant else {
            return left.tenant == nil && right.tenant == nil
        }
        return tenant.utf8.elementsEqual(other.utf8)
    }

    /// Hashes the name's bytes.
    package func hash(into hasher: inout Hasher) {
        for byte in budget.utf8 { hasher.combine(byte) }
        for byte in (tenant ?? "").utf8 { hasher.combine(byte) }
    }
}

extension BudgetLine.Name: Comparable {
    /// In the order of the names' bytes.
    package static func < (left: Self, right: Self) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}

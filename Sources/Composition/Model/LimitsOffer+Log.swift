import FoundationEssentials
import Logging
import Spending

extension LimitsOffer {
    /// Says what became of a program's own limits.
    func log(to logger: Logger) {
        switch self {
        case .inForce: break
        case .applied(let limits, before: nil):
            logger.notice(
                "limits brought to the ledger", metadata: ["limits.budgets": "\(limits.set.budgets.map(\.name))"])
        case .applied(let limits, let before?):
            logger.warning(
                "the limits have changed: the ledger goes by those of this program's files from now on",
                metadata: ["limits.changes": "\(before.set.changes(to: limits.set).joined(separator: "; "))"])
        case .stale(let limits):
            logger.warning(
                "the limits of this program's files are stale: the ledger goes by others; `sluice budget apply` decides",
                metadata: [
                    "limits.brought_by": "\(limits.broughtBy)", "limits.since": "\(limits.at.formatted(.iso8601))",
                ])
        }
    }
}

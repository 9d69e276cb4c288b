import ServiceLifecycle
import Spending

/// Keeps the ledger up for as long as anything may still hold money.
struct UpkeepService: Service {
    let upkeep: LedgerUpkeep

    /// Works until the graceful shutdown reaches it, which is after the host has drained.
    func run() async { await cancelWhenGracefulShutdown { await upkeep.run() } }
}

package import Logging

/// What a ledger needs done beside the calls: leases renewed, alerts delivered, old responses forgotten.
///
/// Every process that holds money runs one.
package struct LedgerUpkeep: Sendable {
    /// How often alerts are looked for that other processes' spending has made due.
    private static let alertInterval = Duration.seconds(5)
    private static let forgetInterval = Duration.seconds(3600)

    private let governor: CostGovernor
    private let keepResponses: Duration
    private let deliver: @Sendable (BudgetAlert) async throws -> Void
    private let logger: Logger

    /// Makes an upkeep.
    ///
    /// - Parameters:
    ///   - governor: Whose ledger is kept up.
    ///   - keepResponses: How long responses are kept; longer than any message lives, since a call whose response is
    ///     gone would be paid again.
    ///   - deliver: Tells people of an alert; where it throws, the alert is given again later.
    ///   - logger: Gets what fails. The next round tries again.
    package init(
        governor: CostGovernor, keepResponses: Duration, logger: Logger,
        deliver: @escaping @Sendable (BudgetAlert) async throws -> Void
    ) {
        self.governor = governor
        self.keepResponses = keepResponses
        self.deliver = deliver
        self.logger = logger
    }

    /// Works until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await deliverAlerts() }
            group.addTask {
                await every(Self.forgetInterval, "old responses not forgotten") { () async throws(GovernorError) in
                    _ = try await governor.ledger.forgetResponses(olderThan: keepResponses)
                }
            }
            if let lease = governor.ledger.lease {
                // Twice may fail before a lease ends.
                group.addTask {
                    await every(lease / 3, "leases not renewed") { () async throws(GovernorError) in
                        try await governor.ledger.renewLeases()
                    }
                }
            }
        }
    }

    /// Delivers what is due at the start, after this governor's calls, and now and then.
    private func deliverAlerts() async {
        await withTaskGroup(of: Void.self) { group in
            let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            group.addTask { for await _ in governor.endings { look.yield() } }
            group.addTask {
                repeat { look.yield() } while (try? await Task.sleep(for: Self.alertInterval)) != nil
                look.finish()
            }
            for await _ in looks {
                do {
                    for alert in try await governor.claimAlerts() {
                        try await deliver(alert)
                        try await governor.confirm(alert)
                    }
                } catch is CancellationError {
                    break
                } catch {
                    // Typed errors of ours, which hold no payload.
                    logger.warning("alert not delivered", metadata: ["error": "\(error)"])
                }
            }
            group.cancelAll()
        }
    }

    private func every(
        _ interval: Duration, _ failure: Logger.Message, _ work: () async throws(GovernorError) -> Void
    ) async {
        repeat {
            do throws(GovernorError) {
                try await work()
            } catch {
                logger.warning(failure, metadata: ["error": "\(error)"])
            }
        } while (try? await Task.sleep(for: interval)) != nil
    }
}

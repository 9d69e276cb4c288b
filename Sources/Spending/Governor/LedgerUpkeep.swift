import CivilTime
package import FoundationEssentials
package import Logging
import Waiting

/// What a ledger needs done beside the calls: leases renewed, alerts delivered, old responses forgotten.
///
/// Every process that holds money runs one.
package struct LedgerUpkeep: Sendable {
    /// How often alerts are looked for that other processes' spending has made due.
    private static let alertInterval = Duration.seconds(5)
    private static let forgetInterval = Duration.seconds(3600)
    /// How long the end of the process waits for alerts that the last calls have made due.
    private static let lastDelivery = Duration.seconds(5)

    private let governor: CostGovernor
    private let keepResponses: Duration
    private let deliver: @Sendable (BudgetAlert) async throws -> Void
    private let logger: Logger
    private let now: @Sendable () -> Date

    /// Makes an upkeep.
    ///
    /// - Parameters:
    ///   - governor: Whose ledger is kept up.
    ///   - keepResponses: How long responses are kept; longer than messages live, since a call whose response is gone can
    ///     no longer be answered.
    ///   - logger: Gets what fails. The next round tries again.
    ///   - now: This machine's clock.
    ///   - deliver: Tells people of an alert; where it throws, the alert is given again later.
    package init(
        governor: CostGovernor, keepResponses: Duration, logger: Logger,
        now: @escaping @Sendable () -> Date = { .now },
        deliver: @escaping @Sendable (BudgetAlert) async throws -> Void
    ) {
        self.governor = governor
        self.keepResponses = keepResponses
        self.deliver = deliver
        self.logger = logger
        self.now = now
    }

    /// Works until the task is cancelled, and then some seconds more for the last alerts.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await deliverAlerts() }
            group.addTask {
                await every(Self.forgetInterval, "the ledger's clock not looked at") { () async throws(GovernorError) in
                    try await tellOfLead()
                }
            }
            group.addTask {
                await every(Self.forgetInterval, "old responses not forgotten") { () async throws(GovernorError) in
                    guard try await !isBehind() else { return }
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
        // A task of its own, since this one is cancelled; awaited here.
        await Task {
            await Deadline(after: Self.lastDelivery, by: .continuous).wait {
                await withDiscardingTaskGroup { group in
                    // The log knows of a ledger that is away.
                    let alerts = (try? await governor.claimAlerts()) ?? []
                    for alert in alerts { group.addTask { await deliver(due: alert) } }
                }
            }
        }.value
    }

    /// Delivers what is due at the start, after this governor's calls, and now and then; none waits for another.
    private func deliverAlerts() async {
        await withDiscardingTaskGroup { group in
            let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            group.addTask { for await _ in governor.endings { look.yield() } }
            group.addTask {
                repeat { look.yield() } while (try? await Task.sleep(for: Self.alertInterval)) != nil
                look.finish()
            }
            var isAway = false
            for await _ in looks {
                for alert in await dueAlerts(&isAway) { group.addTask { await deliver(due: alert) } }
            }
            group.cancelAll()
        }
    }

    /// Looks once, and logs what has begun or ended since the last look: a ledger that is away is asked again and again.
    private func dueAlerts(_ isAway: inout Bool) async -> [BudgetAlert] {
        do throws(GovernorError) {
            let alerts = try await governor.claimAlerts()
            if isAway { logger.notice("alerts are looked for again") }
            isAway = false
            return alerts
        } catch {
            // A look that the end of the process cut short is the next one's.
            if !isAway, !Task.isCancelled {
                logger.warning("alerts not looked for", metadata: ["error": "\(error)"])
                isAway = true
            }
            return []
        }
    }

    private func deliver(due alert: BudgetAlert) async {
        do {
            try await deliver(alert)
            try await governor.confirm(alert)
        } catch {
            if Task.isCancelled {
                // Cut short, it is tried once more at once; where the ledger cannot be written, after the claim.
                try? await governor.handBack(alert)
            } else {
                // A typed error of ours, which holds no payload. It is tried again after the claim.
                logger.warning("alert not delivered", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Whether this machine's clock is behind the ledger's: while one of them is wrong nothing is old.
    private func isBehind() async throws(GovernorError) -> Bool {
        let before = now()
        let moment = try await governor.moment()
        let clock = moment.instant.addingTimeInterval(-moment.lead)
        return ClockOffset(to: clock, between: before, and: now()).isBehind
    }

    /// The ledger's clock is never set back, so that a clock that was once ahead delays every turn of a budget.
    private func tellOfLead() async throws(GovernorError) {
        let moment = try await governor.moment()
        guard let note = moment.clockNote else { return }
        logger.error(
            "the ledger's last entry lies in the future: until then no period turns",
            metadata: ["ledger.instant": "\(moment.instant.formatted(.iso8601))", "error": "\(note)"])
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

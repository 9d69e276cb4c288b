package import CoreMetrics
package import FoundationEssentials
package import HTTPTransport
package import Logging
package import Spending
import Synchronization

/// Tells people that a budget has reached a threshold: one log line, one metric and, where configured, a webhook.
///
/// The log line is a warning, `budget threshold reached`, with ``LogKey``'s values. The metric is the counter
/// `spending.alerts` with the dimensions `budget` and `percent`, both from the budget files and so closed sets.
///
/// Both come once for an alert, before the webhook is asked, also where the webhook fails and the alert is handed in
/// again. An alert that was delivered and is handed in again, because the ledger could not be told, is delivered at
/// once. The memory that this needs holds the latest 1,024 alerts and ends with the process: **after a restart** an
/// alert that was not confirmed in the ledger is logged, counted and posted again, with the same id. So a log line
/// means "told at least once", and receivers of the webhook drop repeated ids.
package final class AlertDelivery: Sendable {
    private let client: WebhookClient?
    private let logger: Logger
    private let metrics: any MetricsFactory
    private let told = Mutex(ToldAlerts())

    /// Makes a delivery.
    ///
    /// - Parameters:
    ///   - webhook: Who is told besides the log; nil for nobody.
    ///   - client: Sends to the webhook; the caller shuts it down, after the last delivery.
    ///   - logger: Takes the warnings.
    ///   - metrics: Where the counter lives.
    ///   - clock: Measures the waits between attempts.
    ///   - now: The instant that a request is signed for; a receiver holds it against its own clock.
    ///   - spread: What each wait is multiplied by, so that hosts that failed together do not return together; within
    ///     a quarter of 1.
    package init(
        webhook: AlertWebhook?, client: HTTPClient, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        spread: @escaping @Sendable () -> Double = { Double.random(in: 0.75...1.25) }
    ) {
        self.client = webhook.map { webhook in
            WebhookClient(webhook: webhook, client: client, clock: clock, now: now, spread: spread)
        }
        self.logger = logger
        self.metrics = metrics
    }

    /// Delivers an alert; when this returns, it may be confirmed in the ledger.
    ///
    /// With the defaults of ``AlertWebhook`` it takes at most five minutes: five attempts of 10 s
    /// and four waits of at most 60 s. Hand in one alert once at a time: a claim in the ledger sees to that.
    ///
    /// - Throws: ``AlertDeliveryError`` where the webhook did not take it; it is logged and counted all the same. Do
    ///   not confirm it then: hand it in again later. Cancellation ends waits and transfers at once.
    package func deliver(_ alert: BudgetAlert) async throws(AlertDeliveryError) {
        switch told.withLock({ $0.tell(alert.id) }) {
        case .delivered: return
        case .logged: break
        case nil: log(alert)
        }
        try await client?.post(alert)
        told.withLock { $0.delivered(alert.id) }
    }

    private func log(_ alert: BudgetAlert) {
        logger.warning(
            "budget threshold reached",
            metadata: [
                LogKey.budget: "\(alert.budget)", LogKey.percent: "\(alert.percent)",
                LogKey.spent: "\(alert.spent.nanoUSD)", LogKey.limit: "\(alert.limit.nanoUSD)",
                LogKey.periodEnd: "\(alert.period.end.formatted(.iso8601))",
            ])
        Counter(
            label: "spending.alerts", dimensions: [("budget", alert.budget), ("percent", "\(alert.percent)")],
            factory: metrics
        ).increment()
    }
}

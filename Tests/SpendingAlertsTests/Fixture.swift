import CoreMetrics
import Foundation
import HTTPTransport
import InMemoryLogging
import Logging
import MetricsTestKit
import Spending
import SpendingAlerts

/// A delivery whose log, metrics and clock the test reads.
struct Fixture: Sendable {
    static let secret = "whsec-a-test-secret-of-32-bytes!"
    /// 2026-11-23T07:00:00Z.
    static let start = Date(timeIntervalSince1970: 1_795_417_200)

    let client: HTTPClient
    let log = InMemoryLogHandler()
    let metrics = TestMetrics()
    let clock: RecordingClock

    /// Runs with a client that is shut down at the end.
    static func running<Value>(
        clock: RecordingClock = RecordingClock(), _ body: (Fixture) async throws -> Value
    ) async throws -> Value {
        let fixture = Fixture(client: try HTTPClient(), clock: clock)
        do {
            let value = try await body(fixture)
            await fixture.client.shutdown()
            return value
        } catch {
            await fixture.client.shutdown()
            throw error
        }
    }

    func delivery(_ webhook: AlertWebhook? = nil, spread: Double = 1) -> AlertDelivery {
        AlertDelivery(
            webhook: webhook, client: client, logger: logger, metrics: metrics, clock: clock,
            now: { [clock] in Self.start + clock.now.offset / .seconds(1) }, spread: { spread })
    }

    var logger: Logger {
        var logger = Logger(label: "test", factory: { [log] _ in log })
        logger.logLevel = .trace
        return logger
    }

    /// How often an alert was counted, in all dimensions.
    var counted: Int64 { metrics.counterTotal(label: "spending.alerts") }

    static func webhook(
        _ url: String, timeout: Duration = .seconds(30), attemptsMax: Int = 5
    ) throws -> AlertWebhook {
        try AlertWebhook(url: url, secret: Data(secret.utf8), timeout: timeout, attemptsMax: attemptsMax)
    }

    static func alert(budget: String = "daily", percent: Int = 80) -> BudgetAlert {
        BudgetAlert(
            budget: budget, percent: percent,
            period: Period(
                start: Date(timeIntervalSince1970: 1_795_372_200), end: Date(timeIntervalSince1970: 1_795_458_600)),
            limit: Money(nanoUSD: 500_000_000), spent: Money(nanoUSD: 400_000_001), held: Money(nanoUSD: 12_000_000),
            at: Date(timeIntervalSince1970: 1_795_414_800.75))
    }
}

import HTTPTransport
import InMemoryLogging
import Logging
import MetricsTestKit
import Spending
import SpendingAlerts
import Testing

@Suite("An alert is logged and counted", .timeLimit(.minutes(1)))
struct AlertDeliveryTests {
    @Test("as one warning with values in its metadata, and one count under budget and percent")
    func logAndMetric() async throws {
        try await Fixture.running { fixture in
            try await fixture.delivery().deliver(Fixture.alert())

            let entry = try #require(fixture.log.entries.first)
            #expect(fixture.log.entries.count == 1)
            #expect(entry.level == .warning)
            #expect(entry.message == "budget threshold reached")
            #expect(
                entry.metadata == [
                    "budget.name": "daily", "budget.percent": "80", "spend.nano_usd": "400000001",
                    "limit.nano_usd": "500000000", "period.end": "2026-11-23T18:30:00Z",
                ])
            #expect(fixture.metrics.counters.count == 1)
            let counter = try fixture.metrics.expectCounter(
                "spending.alerts", [("budget", "daily"), ("percent", "80")])
            #expect(counter.totalValue == 1)
        }
    }

    @Test("each by itself, where several thresholds of several budgets are reached")
    func several() async throws {
        try await Fixture.running { fixture in
            let delivery = fixture.delivery()
            for budget in ["daily", "monthly"] {
                for percent in [50, 80, 95] {
                    try await delivery.deliver(Fixture.alert(budget: budget, percent: percent))
                }
            }
            #expect(fixture.log.entries.count == 6)
            #expect(fixture.metrics.counters.count == 6)
            #expect(fixture.metrics.counters.allSatisfy { $0.totalValue == 1 })
        }
    }

    @Test("once, where the webhook fails and the alert is handed in again")
    func onceWhenWebhookFails() async throws {
        try await WebhookReceiver.running([.status(404), .status(404), .status(204)]) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                for _ in 1...2 {
                    await #expect(throws: AlertDeliveryError.refused(origin: receiver.origin, status: 404)) {
                        try await delivery.deliver(Fixture.alert())
                    }
                }
                try await delivery.deliver(Fixture.alert())

                #expect(fixture.log.entries.count == 1)
                #expect(fixture.counted == 1)
                #expect(Set(receiver.requests.flatMap { $0.values("Sluice-Alert-Id") }) == [Fixture.alert().id])
                #expect(receiver.requests.count == 3)
            }
        }
    }

    @Test("once and posted once, where it was delivered and is handed in again")
    func onceWhenDelivered() async throws {
        try await WebhookReceiver.running([.status(204)]) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                for _ in 1...3 { try await delivery.deliver(Fixture.alert()) }

                #expect(fixture.log.entries.count == 1)
                #expect(fixture.counted == 1)
                #expect(receiver.requests.count == 1)
            }
        }
    }

    @Test("again after a restart, and posted with the same id")
    func againAfterRestart() async throws {
        try await WebhookReceiver.running([.status(404), .status(204)]) { receiver in
            try await Fixture.running { fixture in
                let webhook = try Fixture.webhook(receiver.origin)
                await #expect(throws: AlertDeliveryError.self) {
                    try await fixture.delivery(webhook).deliver(Fixture.alert())
                }
                try await fixture.delivery(webhook).deliver(Fixture.alert())

                #expect(fixture.log.entries.count == 2)
                #expect(
                    receiver.requests.map { $0.values("Sluice-Alert-Id") } == [
                        [Fixture.alert().id], [Fixture.alert().id],
                    ])
            }
        }
    }

    @Test("again where more than 1,024 others came between, which bounds the memory")
    func boundedMemory() async throws {
        try await Fixture.running { fixture in
            let delivery = fixture.delivery()
            for index in 0...1024 { try await delivery.deliver(Fixture.alert(budget: "b\(index)")) }
            #expect(fixture.log.entries.count == 1025)

            try await delivery.deliver(Fixture.alert(budget: "b1"))
            #expect(fixture.log.entries.count == 1025)
            try await delivery.deliver(Fixture.alert(budget: "b0"))
            #expect(fixture.log.entries.count == 1026)
        }
    }

    @Test("each once, where many are delivered at the same time")
    func concurrently() async throws {
        try await WebhookReceiver.running(Array(repeating: .status(204), count: 20)) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                try await withThrowingTaskGroup { group in
                    for percent in 1...20 {
                        group.addTask { try await delivery.deliver(Fixture.alert(percent: percent)) }
                    }
                    try await group.waitForAll()
                }
                #expect(fixture.log.entries.count == 20)
                #expect(fixture.counted == 20)
                #expect(Set(receiver.requests.flatMap { $0.values("Sluice-Alert-Id") }).count == 20)
            }
        }
    }

    @Test("also where the webhook cannot be asked any more, because the client is shut down")
    func afterShutdown() async throws {
        try await Fixture.running { fixture in
            let delivery = fixture.delivery(try Fixture.webhook("https://alerts.invalid/"))
            await fixture.client.shutdown()
            await #expect(throws: AlertDeliveryError.cancelled) { try await delivery.deliver(Fixture.alert()) }
            #expect(fixture.log.entries.count == 1)
        }
    }
}

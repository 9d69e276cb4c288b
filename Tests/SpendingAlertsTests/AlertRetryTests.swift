import HTTPTransport
import InMemoryLogging
import SpendingAlerts
import Testing

@Suite("A webhook that does not take an alert", .timeLimit(.minutes(1)))
struct AlertRetryTests {
    @Test("is asked again after a failure that may pass", arguments: [408, 425, 429, 500, 501, 502, 503, 504, 599])
    func passing(status: Int) async throws {
        try await WebhookReceiver.running([.status(status), .status(202)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin)).deliver(Fixture.alert())
                #expect(receiver.requests.count == 2)
                #expect(fixture.clock.waits == [.seconds(1)])
            }
        }
    }

    @Test(
        "is not asked again after a refusal, nor is a redirect followed",
        arguments: [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 451])
    func refused(status: Int) async throws {
        let answer = WebhookReceiver.Answer.status(status, headers: [("Location", "/moved"), ("Retry-After", "1")])
        try await WebhookReceiver.running([answer]) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                await #expect(throws: AlertDeliveryError.refused(origin: receiver.origin, status: status)) {
                    try await delivery.deliver(Fixture.alert())
                }
                #expect(receiver.requests.count == 1)
                #expect(fixture.clock.waits == [])
            }
        }
    }

    @Test("is asked five times, 1, 2, 4 and 8 seconds apart, a quarter less or more", arguments: [0.75, 1, 1.25])
    func schedule(spread: Double) async throws {
        try await WebhookReceiver.running(Array(repeating: .status(503), count: 6)) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin), spread: spread)
                await #expect(
                    throws: AlertDeliveryError.unavailable(origin: receiver.origin, attempts: 5, last: .status(503))
                ) { try await delivery.deliver(Fixture.alert()) }
                #expect(receiver.requests.count == 5)
                #expect(fixture.clock.waits == [1, 2, 4, 8].map { .seconds($0 * spread) })
            }
        }
    }

    @Test("is asked at times that spread by themselves")
    func ownSpread() async throws {
        try await WebhookReceiver.running(Array(repeating: .status(503), count: 40)) { receiver in
            try await Fixture.running { fixture in
                let delivery = AlertDelivery(
                    webhook: try Fixture.webhook(receiver.origin, attemptsMax: 40), client: fixture.client,
                    logger: fixture.logger, metrics: fixture.metrics, clock: fixture.clock)
                await #expect(throws: AlertDeliveryError.self) { try await delivery.deliver(Fixture.alert()) }

                let waits = fixture.clock.waits
                #expect(waits.count == 39)
                for (wait, base) in zip(waits, [1, 2, 4, 8, 16, 32]) {
                    #expect((0.75...1.25).contains(wait / .seconds(base)))
                }
                #expect(Set(zip(waits, [1, 2, 4, 8]).map { $0 / .seconds($1) }).count > 1)
                #expect(waits.dropFirst(6).allSatisfy { (.seconds(48)...(.seconds(60))).contains($0) })
            }
        }
    }

    @Test(
        "is left the time that it asks for, up to a minute",
        arguments: [
            ("0", 1), ("1", 1), ("7", 7), ("060", 60), ("61", 60), ("86400", 60), ("99999999999999999999999", 60),
            ("-5", 1), ("+5", 1), ("7.5", 1), ("7, 9", 1), ("soon", 1), ("Mon, 23 Nov 2026 08:00:00 GMT", 1), ("", 1),
        ])
    func retryAfter(value: String, seconds: Int) async throws {
        let answer = WebhookReceiver.Answer.status(429, headers: [("Retry-After", value)])
        try await WebhookReceiver.running([answer, .status(204)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin)).deliver(Fixture.alert())
                #expect(fixture.clock.waits == [.seconds(seconds)])
            }
        }
    }

    @Test("is left no less than its own wait, where it asks for less later")
    func retryAfterBelowBackoff() async throws {
        let soon = WebhookReceiver.Answer.status(503, headers: [("Retry-After", "3")])
        try await WebhookReceiver.running([soon, soon, soon, soon, .status(204)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin)).deliver(Fixture.alert())
                #expect(fixture.clock.waits == [.seconds(3), .seconds(3), .seconds(4), .seconds(8)])
            }
        }
    }

    @Test("is asked again where it hangs up, and then does")
    func hangsUp() async throws {
        try await WebhookReceiver.running([.hangUp, .hangUp, .status(204)]) { receiver in
            try await Fixture.running { fixture in
                try await fixture.delivery(try Fixture.webhook(receiver.origin)).deliver(Fixture.alert())
                #expect(receiver.requests.count == 3)
            }
        }
    }

    // Nobody listens on port 1, which only root could open.
    @Test("is asked again where nobody listens")
    func notConnected() async throws {
        try await Fixture.running { fixture in
            let delivery = fixture.delivery(try Fixture.webhook("http://127.0.0.1:1/hook", attemptsMax: 3))
            let error = await #expect(throws: AlertDeliveryError.self) { try await delivery.deliver(Fixture.alert()) }
            guard case .unavailable(_, 3, .transport(.notConnected)) = error else {
                Issue.record("not the error of a connection: \(String(describing: error))")
                return
            }
            #expect(fixture.clock.waits == [.seconds(1), .seconds(2)])
        }
    }

    @Test("is given up after its timeout, and asked again")
    func hangs() async throws {
        try await WebhookReceiver.running([.hang, .hang]) { receiver in
            try await Fixture.running { fixture in
                let webhook = try Fixture.webhook(receiver.origin, timeout: .milliseconds(200), attemptsMax: 2)
                await #expect(
                    throws: AlertDeliveryError.unavailable(
                        origin: receiver.origin, attempts: 2, last: .transport(.timedOut(wasSent: true)))
                ) { try await fixture.delivery(webhook).deliver(Fixture.alert()) }
                #expect(receiver.requests.count == 2)
            }
        }
    }

    @Test("is not read to the end, where it answers with a megabyte")
    func longAnswer() async throws {
        try await WebhookReceiver.running([.status(200, bodyBytes: 1 << 20), .status(200, bodyBytes: 1 << 20 + 1)]) {
            receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                try await delivery.deliver(Fixture.alert(percent: 50))
                await #expect(throws: AlertDeliveryError.answerTooLarge(origin: receiver.origin)) {
                    try await delivery.deliver(Fixture.alert(percent: 80))
                }
                #expect(receiver.requests.count == 2)
            }
        }
    }

    @Test("is let go at once, where the task is cancelled while it hangs")
    func cancelledWhileSending() async throws {
        try await WebhookReceiver.running([.hang]) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                let task = Task { try await delivery.deliver(Fixture.alert()) }
                await receiver.first(.request)
                task.cancel()
                await #expect(throws: AlertDeliveryError.cancelled) { try await task.value }
                await receiver.first(.closedByClient)
                #expect(receiver.requests.count == 1)
            }
        }
    }

    @Test("is asked no more, where the task is cancelled during a wait")
    func cancelledWhileWaiting() async throws {
        try await WebhookReceiver.running([.status(503), .status(204)]) { receiver in
            try await Fixture.running(clock: RecordingClock(stands: true)) { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                let task = Task { try await delivery.deliver(Fixture.alert()) }
                for await _ in fixture.clock.sleepers.prefix(1) {}
                task.cancel()
                await #expect(throws: AlertDeliveryError.cancelled) { try await task.value }
                #expect(receiver.requests.count == 1)
            }
        }
    }

    @Test("gets an alert again that was cancelled")
    func afterCancellation() async throws {
        try await WebhookReceiver.running([.hang, .status(204)]) { receiver in
            try await Fixture.running { fixture in
                let delivery = fixture.delivery(try Fixture.webhook(receiver.origin))
                let task = Task { try await delivery.deliver(Fixture.alert()) }
                await receiver.first(.request)
                task.cancel()
                await #expect(throws: AlertDeliveryError.cancelled) { try await task.value }
                try await delivery.deliver(Fixture.alert())
                #expect(receiver.requests.count == 2)
                #expect(fixture.log.entries.count == 1)
            }
        }
    }
}

import FunctionKit
import Messaging
import Postgres
import Spending
import Synchronization
import Testing

@testable import HostProcess

@Suite("Readiness", .timeLimit(.minutes(1)))
struct ReadinessTests {
    private struct Gone: Error {}

    private func report(
        drain: DrainSignal = DrainSignal(), broker: any MessageBroker = InMemoryBroker(),
        ledger: @escaping @Sendable () async throws -> Void = {}
    ) async -> Readiness.Report {
        await Readiness(drain: drain, broker: broker, looks: ["broker": {}, "ledger": ledger]).check()
    }

    @Test("is there while all parts answer")
    func ready() async {
        let report = await report()
        #expect(report.isReady)
        #expect(report.facts == ["status": "ready", "broker": "ready", "ledger": "ready"])
    }

    @Test("is gone from the first moment of the drain")
    func draining() async {
        let drain = DrainSignal()
        drain.begin(until: .now + .seconds(60))
        let report = await report(drain: drain)
        #expect(!report.isReady)
        #expect(report.facts["status"] == "draining")
    }

    @Test("is gone where a part throws, or does not answer")
    func away() async {
        let thrown = await report(ledger: { throw Gone() })
        #expect(!thrown.isReady)
        #expect(thrown.facts == ["status": "unavailable", "broker": "ready", "ledger": "away"])
        let silent = await report(ledger: { try await Task.sleep(for: .seconds(600)) })
        #expect(silent.facts["ledger"] == "away: no answer")
    }

    @Test("waits in time for a part that nobody can cancel, however many ask")
    func frozen() async {
        let looks = Mutex(0)
        let readiness = Readiness(
            drain: DrainSignal(), broker: InMemoryBroker(),
            looks: [
                "ledger": {
                    looks.withLock { $0 += 1 }
                    // A child of nobody's, so that no asker's end reaches it.
                    try await Task { try await Task.sleep(for: .seconds(600)) }.value
                }
            ])
        let start = ContinuousClock.now
        async let first = readiness.check()
        async let second = readiness.check()
        #expect(await [first, second].map { $0.facts["ledger"] } == ["away: no answer", "away: no answer"])
        #expect(.now - start < .seconds(20))
        #expect(looks.withLock { $0 } == 1)
    }

    @Test("says of a part that does not answer what an earlier look found out")
    func lateReason() async {
        let looks = Mutex(0)
        let readiness = Readiness(
            drain: DrainSignal(), broker: InMemoryBroker(),
            looks: [
                "ledger": {
                    let isFirst = looks.withLock { looks in
                        looks += 1
                        return looks == 1
                    }
                    if isFirst { throw GovernorError.ledgerUnavailable(reason: "no connection is left") }
                    try await Task.sleep(for: .seconds(600))
                }
            ])
        let first = await readiness.check().facts["ledger"]
        #expect(first?.contains("no connection is left") == true)
        #expect(await readiness.check().facts["ledger"] == first)
    }

    @Test(
        "says what is wrong with a part, where that is known",
        arguments: [
            (
                GovernorError.ledgerUnavailable(reason: "/d/sluice.sqlite is locked") as any Error,
                "away: no call is paid for without the ledger: /d/sluice.sqlite is locked"
            ),
            (
                PostgresError.connectionLost(server: "PostgreSQL at a:5432"),
                "away: the connection to PostgreSQL at a:5432 was lost; try again"
            ),
            (BrokerError.unknownQueue("q"), "away: the queue q was not declared"),
        ])
    func reasons(error: any Error, text: String) async {
        #expect(await report(ledger: { throw error }).facts["ledger"] == text)
    }

    @Test(
        "is gone while the broker is away or takes no messages",
        arguments: [
            (BrokerState.blocked(reason: "low on memory"), "blocked: low on memory"),
            (.mayNotPublish(reason: "no right to write"), "refused: no right to write"),
            (.queueRefused(reason: "no right to read q"), "refused: no right to read q"),
            (.away(reason: "connection refused"), "away: connection refused"),
        ])
    func broker(state: BrokerState, text: String) async {
        let report = await report(broker: BrokerInState(state: state))
        #expect(!report.isReady)
        #expect(report.facts["broker"] == text)
    }
}

/// A broker of which only the state is asked.
private struct BrokerInState: MessageBroker {
    let state: BrokerState

    func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {}
    func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError) {}
    func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream { DeliveryStream { nil } }
    func acknowledge(_ delivery: Delivery) async throws(BrokerError) {}
    func holds(_ delivery: Delivery) async -> Bool { false }
    func handBack(_ delivery: Delivery) async throws(BrokerError) {}
    func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        QueueDepth(ready: 0, delivered: 0, delayed: 0)
    }
    func close() async {}
}

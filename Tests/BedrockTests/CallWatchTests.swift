import Bedrock
import BedrockStandIn
import Foundation
import FunctionKit
import HTTPTransport
import MetricsTestKit
import Spending
import Synchronization
import Testing

@Suite("The watch over paid calls", .timeLimit(.minutes(1)))
struct CallWatchTests {
    @Test("sees each call begin and end, and how")
    func outcomes() async throws {
        try await StandInFixture.run { fixture in
            let metrics = TestMetrics()
            let watch = CallWatch(metrics: metrics)
            let http = try HTTPClient()
            let client = BedrockModel(
                endpoint: "http://127.0.0.1:\(try await fixture.standIn.boundPort)",
                region: StandInFixture.model.region, credentials: StaticCredentials(StandInFixture.credentials),
                http: http, watch: watch)
            fixture.standIn.behaviour = StandInBehaviour(faults: [.throttle, .hangUp, .fail])
            let body = StandInFixture.body()
            for _ in 0..<4 {
                let reservation = try await fixture.reservation(body: body)
                // What each call gives is seen by the watch.
                _ = try? await client.send(
                    InvokeModelRequest(modelID: StandInFixture.model.model, body: body, timeout: .seconds(10)),
                    holding: reservation)
            }
            for outcome in ["answered", "throttled", "no-answer", "refused"] {
                let timer = try metrics.expectTimer(
                    "bedrock.call.duration", [("model", StandInFixture.model.model), ("outcome", outcome)])
                #expect(timer.values.count == 1)
            }
            #expect(try metrics.expectMeter("bedrock.calls.in_flight").values == [1, 0, 1, 0, 1, 0, 1, 0])
            // Who did not keep up sees the last change.
            var changes = watch.changes.makeAsyncIterator()
            #expect(await changes.next() == false)
            await http.shutdown()
        }
    }

    @Test("says how far the clock is ahead also after somebody has set it, until the next answer tells anew")
    func clockIsSet() throws {
        let truth = try Date("2026-11-30T09:00:00Z", strategy: .iso8601)
        let clock = Mutex(truth.addingTimeInterval(600))
        let watch = CallWatch(now: { clock.withLock { $0 } })
        #expect(watch.clockOffset == nil)
        let sent = clock.withLock { $0 }
        watch.answered(at: truth, between: sent, and: sent)
        // Within the second that the service tells, and the moment that the test takes.
        #expect(abs(try #require(watch.clockOffset) - 600) < 5)
        // Set right, then too far back; no call is made meanwhile.
        clock.withLock { $0 = truth }
        #expect(abs(try #require(watch.clockOffset)) < 5)
        clock.withLock { $0 = truth.addingTimeInterval(-900) }
        #expect(abs(try #require(watch.clockOffset) + 900) < 5)
        let again = clock.withLock { $0 }
        watch.answered(at: truth, between: again, and: again)
        #expect(abs(try #require(watch.clockOffset) + 900) < 5)
        // An answer that tells no time changes nothing.
        watch.answered(at: nil, between: again, and: again)
        #expect(abs(try #require(watch.clockOffset) + 900) < 5)
    }
}

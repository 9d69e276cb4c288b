import Bedrock
import BedrockStandIn
import FunctionKit
import HTTPTransport
import MetricsTestKit
import Spending
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
}

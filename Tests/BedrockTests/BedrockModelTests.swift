import Bedrock
import BedrockStandIn
import Foundation
import FunctionKit
import HTTPTransport
import Spending
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BedrockModelTests {
    @Test("an answer comes back as the service gave it, with the same counts in body and headers")
    func success() async throws {
        try await StandInFixture.run { fixture in
            let body = StandInFixture.body()
            let reservation = try await fixture.reservation(body: body)
            let response = try await fixture.client.send(
                InvokeModelRequest(modelID: StandInFixture.model.model, body: body, timeout: .seconds(30)),
                holding: reservation)
            let answer = try #require(LlamaResponse(response.body))
            #expect(answer.generation == "A complaint about less than five lakh rupees costs no fee. [fees]")
            #expect(answer.counts.input != nil && answer.counts.output != nil)
            #expect(answer.counts == response.headerCounts)
            #expect(response.requestID?.isEmpty == false)
            let encoded = try body.encoded()
            let received = try #require(fixture.standIn.received.first)
            #expect(received.modelID == StandInFixture.model.model && received.body == encoded)
            // So that the service's log can be compared with the journal.
            #expect(
                received.metadata
                    == "{\"sluice-hold\":\"\(reservation.holdID)\",\"sluice-question\":\"\(reservation.call.id.questionID)\"}"
            )
        }
    }

    @Test("nothing is sent that is not the reservation's", arguments: [true, false])
    func notReserved(hasOtherModel: Bool) async throws {
        try await StandInFixture.run { fixture in
            let body = StandInFixture.body()
            let reservation = try await fixture.reservation(
                body: hasOtherModel ? body : StandInFixture.body(maxTokens: 65),
                model: hasOtherModel ? StandInFixture.fallback : StandInFixture.model)
            let request = InvokeModelRequest(
                modelID: StandInFixture.model.model, body: body, timeout: .seconds(30))
            do throws(BedrockError) {
                _ = try await fixture.client.send(request, holding: reservation)
                Issue.record("it was sent")
            } catch {
                #expect(error == .notReserved)
            }
            #expect(fixture.standIn.received.isEmpty)
        }
    }

    @Test(
        "an error answer tells whether it was paid",
        arguments: [
            (StandInBehaviour.Fault.throttle, 429, "ThrottlingException", true),
            (.fail, 500, "InternalServerException", false), (.unavailable, 503, "ServiceUnavailableException", true),
        ])
    func refused(fault: StandInBehaviour.Fault, status: Int, code: String, isFree: Bool) async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, fault)
            let body = StandInFixture.body()
            let error = try await fixture.failure(body)
            #expect(error == .refused(ServiceRefusal(status: status, code: code)))
            #expect(error?.wasSurelyNotPaid == isFree)
            let next = try await fixture.failure(body)
            #expect(next == nil)
        }
    }

    @Test("an answer, also a refusal, tells how far this machine's clock is off", arguments: [0.0, 600, -600])
    func clock(seconds: Double) async throws {
        try await StandInFixture.run { fixture in
            let (watch, http) = (CallWatch(), try HTTPClient())
            let client = BedrockModel(
                endpoint: "http://127.0.0.1:\(try await fixture.standIn.boundPort)",
                region: StandInFixture.model.region,
                credentials: StaticCredentials(StandInFixture.credentials), http: http, watch: watch,
                now: { Date().addingTimeInterval(seconds) })
            #expect(watch.clockOffset == nil)
            let body = StandInFixture.body()
            let reservation = try await fixture.reservation(body: body)
            _ = try? await client.send(
                InvokeModelRequest(modelID: StandInFixture.model.model, body: body, timeout: .seconds(30)),
                holding: reservation)
            #expect(abs(try #require(watch.clockOffset) - seconds) < 5)
            await http.shutdown()
        }
    }

    @Test("a wrong key is refused and not paid")
    func wrongKey() async throws {
        let wrong = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "other", sessionToken: "t")
        try await StandInFixture.run(credentials: wrong) { fixture in
            let error = try await fixture.failure(StandInFixture.body())
            #expect(error == .refused(ServiceRefusal(status: 403, code: "InvalidSignatureException")))
            #expect(error?.wasSurelyNotPaid == true)
            #expect(fixture.standIn.received.isEmpty)
        }
    }

    @Test("a hang-up after the request is in doubt, and nothing is sent again")
    func hangUp() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .hangUp)
            let error = try await fixture.failure(StandInFixture.body())
            #expect(error?.wasSurelyNotPaid == false)
            #expect(fixture.standIn.received.count == 1)
        }
    }

    @Test("a stalled answer times out in doubt")
    func stall() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .stall)
            let error = try await fixture.failure(StandInFixture.body(), timeout: .milliseconds(200))
            #expect(error == .transport(.timedOut(wasSent: true)))
            #expect(error?.wasSurelyNotPaid == false)
        }
    }

    @Test("cancelling a call under way ends it in doubt")
    func cancellation() async throws {
        try await StandInFixture.run { fixture in
            fixture.standIn.behaviour = .next(1, .stall)
            let body = StandInFixture.body()
            let error = try await withThrowingTaskGroup(of: BedrockError?.self) { group in
                group.addTask { try await fixture.failure(body) }
                for await _ in fixture.requests { break }
                group.cancelAll()
                return try await group.next() ?? nil
            }
            #expect(error == .transport(.cancelled(wasSent: true)))
        }
    }

    @Test("without a server, or without credentials, nothing is sent and nothing is paid", arguments: [true, false])
    func notSent(hasCredentials: Bool) async throws {
        try await StandInFixture.run { fixture in
            let http = try HTTPClient()
            let credentials: any AWSCredentialsSource =
                hasCredentials
                ? StaticCredentials(StandInFixture.credentials) : EnvironmentCredentials(environment: [:])
            let client = BedrockModel(
                endpoint: "http://127.0.0.1:1", region: "r", credentials: credentials, http: http)
            let body = StandInFixture.body()
            let reservation = try await fixture.reservation(body: body)
            do throws(BedrockError) {
                _ = try await client.send(
                    InvokeModelRequest(modelID: StandInFixture.model.model, body: body, timeout: .seconds(10)),
                    holding: reservation)
                Issue.record("something answers on port 1")
            } catch {
                #expect(error.wasSurelyNotPaid)
                #expect((error == .noCredentials(.missing(variable: "AWS_ACCESS_KEY_ID"))) == !hasCredentials)
            }
            await http.shutdown()
        }
    }
}

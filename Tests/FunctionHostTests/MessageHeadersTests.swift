import FoundationEssentials
import FunctionHost
import FunctionKit
import Messaging
import Testing

@Suite("A message's headers")
struct MessageHeadersTests {
    /// As hosts of version 1 stored them; never to be changed.
    static let versionOne = [
        "sluice-format": "1", "sluice-attempt": "3", "sluice-tenant": "acme",
        "sluice-expires-at": "2026-03-01T12:30:00Z",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "sluice-error": "model-throttled",
        "sluice-failed-function": "llm-connector", "sluice-failed-at": "2026-03-01T12:00:00Z",
        "sluice-budget": "month", "sluice-opens-at": "2026-04-01T00:00:00Z",
    ]

    @Test("the stored bytes of version 1 are read and written as they are")
    func storedVersionOne() async throws {
        let headers = try MessageHeaders(Self.versionOne)
        #expect(headers.attempt == 3)
        #expect(headers.tenant == "acme")
        #expect(headers.expiresAt == Date(timeIntervalSince1970: 1_772_368_200))
        #expect(headers.trace.spanID == "00f067aa0ba902b7")
        #expect(headers.errorCode == "model-throttled")
        #expect(headers.failedFunction == "llm-connector")
        #expect(headers.failedAt == Date(timeIntervalSince1970: 1_772_366_400))
        #expect(headers.budget == "month")
        #expect(headers.opensAt == Date(timeIntervalSince1970: 1_775_001_600))
        #expect(headers.texts == Self.versionOne)

        let body = Data(#"{"text":"What is a defect?"}"#.utf8)
        let function = AnyFunction(Scripted { input, _ in input })
        let context = InvocationContext(
            runID: "q", functionName: "work", attempt: 1, deadline: .now + .seconds(5), tenant: nil,
            trace: TraceContext(), logger: TestHost.logger, drain: DrainSignal())
        #expect(try await function.invoke(body, context: context) == body)
    }

    @Test("as a first attempt they lose what went wrong and keep the rest, also what is not ours")
    func firstAttempt() throws {
        var texts = Self.versionOne
        texts["x-other"] = "theirs"
        let again = MessageHeaders.asFirstAttempt(texts)
        let headers = try MessageHeaders(again)
        #expect(headers.attempt == 1)
        #expect(headers.errorCode == nil && headers.failedFunction == nil && headers.failedAt == nil)
        #expect(headers.tenant == "acme")
        #expect(again["traceparent"] == texts["traceparent"])
        #expect(again["x-other"] == "theirs")
    }

    @Test("a budget that no store can look for is told", arguments: ["daily/a\0b", String(repeating: "b", count: 512)])
    func unstorableBudget(budget: String) {
        #expect(throws: MessageHeaders.Problem.malformed(name: "sluice-budget")) {
            _ = try MessageHeaders(["sluice-budget": budget])
        }
    }

    @Test("a reason that no host wrote is none", arguments: ["a\0b", String(repeating: "b", count: 256), ""])
    func unstorableReason(reason: String) {
        #expect(MessageHeaders.deathReason(["sluice-error": reason]) == "dead-lettered")
        #expect(MessageHeaders.deathReason(["sluice-error": "timeout", Message.moveReasonHeader: reason]) == "timeout")
    }

    @Test("what was paid comes back as it was, and one that nobody can have paid is told")
    func cost() throws {
        var headers = MessageHeaders()
        headers.costNanoUSD = 1_234
        #expect(headers.texts["sluice-cost-nano-usd"] == "1234")
        #expect(try MessageHeaders(headers.texts) == headers)
        #expect(throws: MessageHeaders.Problem.malformed(name: "sluice-cost-nano-usd")) {
            _ = try MessageHeaders(["sluice-cost-nano-usd": "-1"])
        }
    }

    @Test("a new message's headers come back as they were")
    func roundTrip() throws {
        let headers = MessageHeaders()
        #expect(try MessageHeaders(headers.texts) == headers)
        #expect(Set(headers.texts.keys) == ["sluice-format", "sluice-attempt", "traceparent"])
    }

    @Test("a message without a version is new, and headers of others are ignored")
    func foreign() throws {
        let headers = try MessageHeaders(["x-other": "1", "traceparent": "nonsense"])
        #expect(headers.attempt == 1)
        #expect(headers.texts["x-other"] == nil)
    }

    @Test("another version is not guessed at")
    func unknownVersion() {
        #expect(throws: MessageHeaders.Problem.unknownVersion) { try MessageHeaders(["sluice-format": "2"]) }
    }

    @Test(
        "a value that no host writes is named by its header",
        arguments: [
            ("sluice-attempt", "0"), ("sluice-attempt", "x"), ("sluice-attempt", "99999999999999999999"),
            ("sluice-expires-at", "soon"), ("sluice-failed-at", ""), ("sluice-opens-at", "2026-13-01T00:00:00Z"),
            ("sluice-expires-at", "2027-02-30T00:00:00Z"), ("sluice-expires-at", "2027-01-01T25:00:00Z"),
            ("sluice-failed-at", "2027-01-01T00:00:00Zjunk"), ("sluice-expires-at", "99999-01-01T00:00:00Z"),
        ])
    func malformed(name: String, text: String) {
        #expect(throws: MessageHeaders.Problem.malformed(name: name)) { try MessageHeaders([name: text]) }
    }
}

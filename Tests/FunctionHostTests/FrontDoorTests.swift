import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Testing

@Suite("The front door", .timeLimit(.minutes(1)))
struct FrontDoorTests {
    /// Takes the secret out, as the first function does.
    struct Redact: Function {
        struct Question: Codable, Sendable {
            var question: String
        }

        var error: Told?

        func invoke(_ input: Question, context: InvocationContext) async throws -> Question {
            if let error { throw error }
            return Question(question: input.question.replacing("4111", with: "[CARD]"))
        }
    }

    private func host(queueLength: Int = 10, error: Told? = nil) throws -> TestHost {
        let first = RegisteredFunction(
            settings: FunctionSettings(name: "filter", next: "work", redacts: true),
            function: AnyFunction(Redact(error: error)))
        return try TestHost([first, registered(queueLength: queueLength)])
    }

    @Test("only the redacted text is queued and noted")
    func redacts() async throws {
        let test = try host()
        try await test.host.declareQueues()
        let id = try await test.door.accept("My card is 4111, what now?", tenant: "t1")
        let message = try #require(await test.broker.message(id, in: "sluice.work")).message
        #expect(String(decoding: message.body, as: UTF8.self) == #"{"question":"My card is [CARD], what now?"}"#)
        #expect(try MessageHeaders(message.headers).tenant == "t1")
        #expect(test.broker.events.count == 1)
        let record = try #require(try await test.history.question(id: id))
        #expect(record.state == .accepted)
        #expect(record.question == "My card is [CARD], what now?")
        #expect(record.stages.map(\.function) == ["filter"])
    }

    @Test("what cannot be asked is refused and kept nowhere")
    func unaskable() async throws {
        let test = try host()
        try await test.host.declareQueues()
        for text in ["", " \n\t\u{00A0}"] {
            await #expect(throws: FrontDoorError.empty) { try await test.door.accept(text) }
        }
        let most = FrontDoor.questionBytesMax
        await #expect(throws: FrontDoorError.tooLong(bytes: most + 1)) {
            try await test.door.accept(String(repeating: "x", count: most + 1))
        }
        #expect(test.broker.events.isEmpty)
        #expect(try await test.history.counts().isEmpty)
        _ = try await test.door.accept(String(repeating: "x", count: most))
    }

    @Test("a full queue refuses, and nothing of the question is kept")
    func full() async throws {
        let test = try host(queueLength: 1)
        try await test.host.declareQueues()
        _ = try await test.door.accept("One?")
        await #expect(throws: FrontDoorError.full(retryAfter: .seconds(5))) { try await test.door.accept("Two?") }
        #expect(try await test.history.counts() == [.accepted: 1])
        #expect(try await test.broker.depth(of: "sluice.work").total == 1)
    }

    @Test("a host that drains takes nothing in")
    func draining() async throws {
        let test = try host()
        try await test.host.declareQueues()
        test.host.drain.begin(until: .now + .seconds(5))
        await #expect(throws: FrontDoorError.draining) { try await test.door.accept("One?") }
        #expect(test.broker.events.isEmpty)
    }

    @Test("where the first function fails, nothing is kept")
    func unreadable() async throws {
        let test = try host(error: Told(disposition: .retry))
        try await test.host.declareQueues()
        await #expect(throws: FrontDoorError.unreadable(code: "told")) { try await test.door.accept("One?") }
        #expect(test.broker.events.isEmpty)
        #expect(try await test.history.counts().isEmpty)
    }

    @Test("an answer that is stored before the note stays")
    func answerComesFirst() async throws {
        let test = try host()
        let answer = AnsweredQuestion(
            id: "q", question: "One?", answer: "Yes.", citations: [], isDegraded: true,
            usage: TokenUsage(inputTokens: 0, outputTokens: 0), costNanoUSD: 0, model: nil)
        #expect(try await test.history.store(answer))
        try await test.history.accept(id: "q", question: "One?", tenant: nil, expiresAt: nil)
        #expect(try await test.history.question(id: "q")?.state == .answered)
    }
}

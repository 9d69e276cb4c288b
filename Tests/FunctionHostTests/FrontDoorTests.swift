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
        let door = test.door()
        let id = try await door.accept("My card is 4111, what now?", tenant: "t1")
        let message = try #require(await test.broker.message(id, in: "sluice.work")).message
        #expect(String(decoding: message.body, as: UTF8.self) == #"{"question":"My card is [CARD], what now?"}"#)
        #expect(try MessageHeaders(message.headers).tenant == "t1")
        #expect(test.broker.events.count == 1)
        door.notes.finish()
        await door.notes.run()
        #expect(door.notes[id] == nil)
        let record = try #require(try await test.history.run(id: id))
        #expect(record.state == .queued)
        #expect(record.input == message.body)
        #expect(record.stages.map(\.function) == ["filter"])
    }

    @Test("what cannot be asked is refused and kept nowhere")
    func unaskable() async throws {
        let test = try host()
        try await test.host.declareQueues()
        for text in ["", " \n\t\u{00A0}"] {
            await #expect(throws: FrontDoorError.empty) { try await test.door().accept(text) }
        }
        let most = FrontDoor.questionBytesMax
        await #expect(throws: FrontDoorError.tooLong(bytes: most + 1)) {
            try await test.door().accept(String(repeating: "x", count: most + 1))
        }
        #expect(test.broker.events.isEmpty)
        #expect(try await test.history.counts().isEmpty)
        _ = try await test.door().accept(String(repeating: "x", count: most))
    }

    @Test("a full queue refuses, and nothing of the question is kept")
    func full() async throws {
        let test = try host(queueLength: 1)
        try await test.host.declareQueues()
        let door = test.door()
        _ = try await door.accept("One?")
        await #expect(throws: FrontDoorError.full(retryAfter: .seconds(5))) { try await door.accept("Two?") }
        door.notes.finish()
        await door.notes.run()
        #expect(try await test.history.counts() == [.queued: 1])
        #expect(try await test.broker.depth(of: "sluice.work").total == 1)
    }

    @Test("a host that drains takes nothing in")
    func draining() async throws {
        let test = try host()
        try await test.host.declareQueues()
        test.host.drain.begin(until: .now + .seconds(5))
        await #expect(throws: FrontDoorError.draining) { try await test.door().accept("One?") }
        #expect(test.broker.events.isEmpty)
    }

    private static let notNow = FrontDoorError.unavailable(
        reason: "filter cannot work now (told); ask again in a moment")

    @Test(
        "where the first function fails, nothing is kept, and only what fails for good is the question's fault",
        arguments: [
            (Disposition.deadLetter, FrontDoorError.unreadable(AttemptFailure("told"))),
            (.retry, notNow), (.handBack, notNow),
            (.hostTrouble(HostTrouble(.unavailable, code: "away")), notNow),
        ])
    func failing(disposition: Disposition, error: FrontDoorError) async throws {
        let test = try host(error: Told(disposition: disposition))
        try await test.host.declareQueues()
        await #expect(throws: error) { try await test.door().accept("One?") }
        #expect(test.broker.events.isEmpty)
        #expect(try await test.history.counts().isEmpty)
    }

    @Test("an answer that is stored before the note stays")
    func answerComesFirst() async throws {
        let test = try host()
        let body = Data("{}".utf8)
        #expect(try await test.history.finish(id: "q", .done(body, pipeline: nil, costNanoUSD: 0)))
        try await test.history.accept(id: "q", input: body, tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await test.history.run(id: "q")?.state == .done)
    }

    @Test("a lost confirm is asked for again: the same question is there twice, under one id")
    func lostConfirm() async throws {
        let test = try host()
        try await test.host.declareQueues()
        // The connection breaks, is not there for a moment, and is back.
        test.broker.failPublishes([.unconfirmed(reason: "lost"), .unavailable(reason: "down"), .queueFull(queue: "q")])
        let door = test.door()
        let id = try await door.accept("One?")
        let sent = test.broker.events.compactMap(\.published).map(\.message.id)
        #expect(sent == [id, id])
        #expect(door.notes[id]?.input == Data(#"{"question":"One?"}"#.utf8))
    }

    @Test("a publish that cannot be cut short holds no asker up, who is told that it may come in later")
    func lockedQueue() async throws {
        let test = try host()
        try await test.host.declareQueues()
        test.broker.holdPublishes()
        var door = test.door()
        door.confirmPatience = .milliseconds(100)
        let error = await #expect(throws: FrontDoorError.self) { try await door.accept("One?", id: "q") }
        #expect(error == .unconfirmed(id: "q"))
        #expect(test.broker.events.isEmpty)
        test.broker.releasePublishes()
        let late = await test.broker.event { $0.published != nil }
        #expect(late.published?.message.id == "q")
    }

    @Test("where nobody confirms it, the id says under which to ask; where nothing was sent, nothing was stored")
    func neverConfirmed() async throws {
        let test = try host()
        try await test.host.declareQueues()
        test.broker.failPublishes(Array(repeating: .unconfirmed(reason: "lost"), count: 1_000))
        var door = test.door()
        door.confirmPatience = .milliseconds(250)
        let error = await #expect(throws: FrontDoorError.self) { try await door.accept("One?") }
        let id = try #require(test.broker.events.compactMap(\.published).first?.message.id)
        #expect(error == .unconfirmed(id: id))
        #expect(door.notes.isUnconfirmed(id) && door.notes[id] == nil)
        #expect(error?.description.contains("may have been accepted: ask for id \(id)") == true)
        test.broker.failPublishes([.unavailable(reason: "down")])
        await #expect(throws: FrontDoorError.unavailable(reason: "the queue cannot be reached: down")) {
            try await door.accept("Two?")
        }
        let refusal = BrokerError.refused(queue: "sluice.work", reason: "no right")
        test.broker.failPublishes([refusal])
        await #expect(throws: FrontDoorError.unavailable(reason: refusal.description)) {
            try await door.accept("Three?")
        }
        // The broker took the right away in the middle: nobody waits for it to come back.
        door.confirmPatience = .seconds(50)
        test.broker.failPublishes([.unconfirmed(reason: "lost"), refusal])
        await #expect(throws: FrontDoorError.unconfirmed(id: "four")) { try await door.accept("Four?", id: "four") }
        // Asked again under the id it is the same question.
        #expect(try await door.accept("One?", id: id) == id)
        #expect(!door.notes.isUnconfirmed(id))
    }

    @Test("asked again under its id it is the same question, noted or not, and another one is told so")
    func sameID() async throws {
        let test = try host()
        try await test.host.declareQueues()
        let door = test.door()
        for isNoted in [false, true] {
            if isNoted {
                door.notes.finish()
                await door.notes.run()
            }
            #expect(try await door.accept("My card is 4111", id: "order-7_a.b") == "order-7_a.b")
            await #expect(throws: FrontDoorError.taken(id: "order-7_a.b")) {
                try await door.accept("My card is 5", id: "order-7_a.b")
            }
        }
        _ = try await test.history.finish(id: "order-7_a.b", .without(.failed, reason: "error"))
        #expect(try await door.accept("My card is 4111", id: "order-7_a.b") == "order-7_a.b")
        #expect(test.broker.events.compactMap(\.published).map(\.message.id) == ["order-7_a.b"])
    }

    @Test("any JSON goes in as it is, once under its id, and what is none is refused")
    func payloads() async throws {
        let test = try TestHost([registered()])
        try await test.host.declareQueues()
        let door = test.door()
        let payload = Data(#"{"text": "a",  "more": [1, 2.50]}"#.utf8)
        for _ in 1...2 { #expect(try await door.accept(payload: payload, id: "r") == "r") }
        #expect(test.broker.events.compactMap(\.published).map(\.message.body) == [payload])
        await #expect(throws: FrontDoorError.taken(id: "r")) {
            try await door.accept(payload: Data("{}".utf8), id: "r")
        }
        for bytes in ["", "{", "{} {}", "\0", "{\"a\": \"\0\"}"].map({ Data($0.utf8) }) + [Data([0x22, 0xFF, 0x22])] {
            await #expect(throws: FrontDoorError.notJSON) { try await door.accept(payload: bytes) }
        }
        let most = FrontDoor.payloadBytesMax
        await #expect(throws: FrontDoorError.payloadTooLong(bytes: most + 1)) {
            try await door.accept(payload: Data(repeating: 0x31, count: most + 1))
        }
        #expect(test.broker.events.compactMap(\.published).count == 1)
    }

    @Test("a payload is the same by a question's text only where it is a question and nothing else")
    func alike() async throws {
        let test = try TestHost([registered()])
        try await test.host.declareQueues()
        let door = test.door()
        _ = try await door.accept(payload: Data(#"{"question":"x","lang":"en"}"#.utf8), id: "r")
        for other in [#"{"question":"x","lang":"de"}"#, #"{"question":"x"}"#] {
            await #expect(throws: FrontDoorError.taken(id: "r")) {
                try await door.accept(payload: Data(other.utf8), id: "r")
            }
        }
        _ = try await door.accept(payload: Data(#"{"question":"x"}"#.utf8), id: "q")
        #expect(try await door.accept(payload: Data(#"{ "question" : "x" }"#.utf8), id: "q") == "q")
        await #expect(throws: FrontDoorError.taken(id: "q")) {
            try await door.accept(payload: Data(#"{"question":"x","lang":"de"}"#.utf8), id: "q")
        }
        #expect(test.broker.events.compactMap(\.published).count == 2)
    }

    @Test("the same payload under the same id is another run in another pipeline")
    func otherPipeline() async throws {
        let test = try TestHost([registered()])
        try await test.host.declareQueues()
        let payload = Data(#"{"text":"a"}"#.utf8)
        try await test.history.accept(
            id: "r", input: payload, tenant: nil, pipeline: "other", expiresAt: nil)
        await #expect(throws: FrontDoorError.taken(id: "r")) {
            try await test.door().accept(payload: payload, id: "r")
        }
    }

    @Test("an id or a tenant that cannot be kept is refused before anything is published")
    func unusable() async throws {
        let test = try host()
        try await test.host.declareQueues()
        let long = String(repeating: "x", count: 6_000)
        for id in ["", "a\0b", ".a", "a/b", "a b", "\u{1b}", "ü", "a\n", long] {
            await #expect(throws: FrontDoorError.badID) { try await test.door().accept("One?", id: id) }
        }
        for tenant in ["", "a\0b", long] {
            await #expect(throws: FrontDoorError.badTenant) { try await test.door().accept("One?", tenant: tenant) }
        }
        #expect(test.broker.events.isEmpty)
    }

    @Test("a history that does not answer holds up no door, and what was accepted is noted when it is back")
    func silentHistory() async throws {
        let test = try host()
        try await test.host.declareQueues()
        let silent = SilentHistory(test.history)
        let door = test.door(history: silent)
        let start = ContinuousClock.now
        let running = Task { await door.notes.run() }
        let id = try await door.accept("One?")
        #expect(try await door.accept("Two?", id: "two") == "two")
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(door.notes[id] != nil)
        silent.speak()
        for text in [id, "two"] {
            // Nothing tells that a note is written.
            while try await test.history.run(id: text) == nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        door.notes.finish()
        await running.value
        #expect(door.notes[id] == nil && door.notes["two"] == nil)
    }
}

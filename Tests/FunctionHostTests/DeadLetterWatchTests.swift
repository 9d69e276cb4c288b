import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Testing

@Suite("Letters that the broker moves by itself", .timeLimit(.minutes(1)))
struct DeadLetterWatchTests {
    let queues = FunctionQueues(function: "work")

    @Test("each ends its question with the broker's reason, and stays where it is")
    func moved() async throws {
        let test = try TestHost([registered()], buriesByItself: true)
        try await test.host.declareQueues()
        // Two that the broker has moved, the first after an attempt that failed; one that another program dropped there; one
        // that a host has buried.
        let body = Data(#"{"text":"x"}"#.utf8)
        let letters = [
            Message(
                id: "limit", body: body,
                headers: ["sluice-error": "timeout", "sluice-attempt": "2", Message.moveReasonHeader: "delivery-limit"]),
            Message(id: "late", body: body, headers: [Message.moveReasonHeader: "expired", "x-other": "theirs"]),
            Message(id: "", body: body),
            Message(id: "done", body: body, headers: ["sluice-error": "permanent", "sluice-ended": "1"]),
        ]
        for letter in letters { try await test.broker.publish(letter, to: queues.dead) }
        try await test.history.accept(id: "late", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        try await test.run { _ in
            #expect(try await test.history.outcome(of: "limit").reason == "delivery-limit")
            let late = try await test.history.outcome(of: "late")
            #expect(late.state == .failed && late.reason == "expired" && late.input == Data("{}".utf8))
            #expect(try await test.history.outcome(of: letters[2].runID).reason == "dead-lettered")
        }
        #expect(try await test.history.run(id: "done") == nil)
        let left = try await test.broker.browse(queues.dead, limit: 10)
        #expect(Set(left.map(\.id)) == ["limit", "late", "", "done"] && left.count == 4)
        #expect(left.allSatisfy { $0.headers["sluice-ended"] == "1" && $0.body == body })
        let again = try #require(left.first { $0.id == "late" })
        #expect(again.headers["x-other"] == "theirs" && again.headers[Message.moveReasonHeader] == "expired")
        // Replayed, they are as new.
        #expect(MessageHeaders.asFirstAttempt(again.headers)["sluice-ended"] == nil)
    }

    @Test("each tells its run what went wrong last, and what was paid")
    func tells() {
        var headers = MessageHeaders()
        (headers.errorCode, headers.errorExplanation) = ("undecodable", "text: it is missing")
        (headers.failedFunction, headers.costNanoUSD) = ("work", 7)
        var letter = Message(id: "q", body: Data(), headers: headers.texts)
        #expect(
            RunEnd(of: letter)
                == .without(
                    .failed, reason: "undecodable", costNanoUSD: 7, explanation: "`work` failed: text: it is missing"))
        letter.headers[Message.moveReasonHeader] = "expired"
        #expect(RunEnd(of: letter) == .without(.failed, reason: "expired", costNanoUSD: 7))
    }

    @Test("one that leaves no room for a word more ends its run as well, and holds up none behind it")
    func noRoom() async throws {
        let test = try TestHost([registered()], buriesByItself: true)
        try await test.host.declareQueues()
        let body = Data(#"{"text":"x"}"#.utf8)
        let headers = ["x-note": "theirs", "sluice-error": "timeout"]
        for id in ["large", "good"] {
            try await test.broker.publish(Message(id: id, body: body, headers: headers), to: queues.dead)
        }
        test.broker.failPublishes([.invalidMessage(reason: "its headers are too long")])
        try await test.run { _ in
            for id in ["large", "good"] {
                let reason = try await test.history.outcome(of: id).reason
                #expect(reason == "timeout")
            }
        }
        let left = try await test.broker.browse(queues.dead, limit: 10)
        #expect(Set(left.map(\.id)) == ["large", "good"] && left.count == 2)
        #expect(left.allSatisfy { $0.headers["sluice-ended"] == "1" && $0.headers["sluice-error"] == "timeout" })
        #expect(left.first { $0.id == "large" }?.headers["x-note"] == nil)
        #expect(left.first { $0.id == "good" }?.headers["x-note"] == "theirs")
    }

    @Test("one that is too long to be read ends its run, with its length for a person, and stays as it is")
    func unread() async throws {
        let test = try TestHost([registered()], buriesByItself: true)
        try await test.host.declareQueues()
        var letter = Message(id: "long", body: Data(), headers: [Message.moveReasonHeader: "body-too-large"])
        letter.unreadBodyBytes = 20_000_000
        try await test.broker.publish(letter, to: queues.dead)
        try await test.run { _ in
            let record = try await test.history.outcome(of: "long")
            #expect(record.state == .failed && record.reason == "body-too-large")
            #expect(record.explanation?.contains("20000000 bytes") == true)
        }
        #expect(try await test.broker.browse(queues.dead, limit: 10) == [letter])
    }

    @Test("one that can never be published again ends its run and stays, and holds up none behind it")
    func tooLarge() async throws {
        let test = try TestHost([registered()], buriesByItself: true)
        try await test.host.declareQueues()
        for id in ["large", "good"] {
            try await test.broker.publish(Message(id: id, body: Data("{}".utf8)), to: queues.dead)
        }
        test.broker.failPublishes(Array(repeating: .invalidMessage(reason: "its body is too long"), count: 2))
        try await test.run { _ in
            for id in ["large", "good"] {
                let state = try await test.history.outcome(of: id).state
                #expect(state == .failed)
            }
        }
        let left = try await test.broker.browse(queues.dead, limit: 10)
        #expect(left.count == 2 && left.first { $0.id == "large" }?.headers.isEmpty == true)
        #expect(left.first { $0.id == "good" }?.headers["sluice-ended"] == "1")
    }
}

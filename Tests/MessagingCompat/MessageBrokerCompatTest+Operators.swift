import FoundationEssentials
import Messaging
import TestSupport
import Testing

// What operators do with messages that no host consumes.
extension MessageBrokerCompatTest {
    static let operators = [
        Rule("browsing", Self.checkBrowsing),
        Rule("walks", Self.checkWalks),
        Rule("many walks at once", Self.checkManyWalks),
    ]

    private struct Interruption: Error {}

    func checkBrowsing() async throws {
        try await withBroker { broker in
            #expect(try await broker.browse("questions", limit: 10).isEmpty)
            let letter = Message(id: "a", body: Data("{}".utf8), headers: ["error": "undecodable"])
            try await broker.publish(letter, to: "questions")
            try await broker.publish(ids: ["b", "c"])
            // More often than any delivery limit allows: looking uses nothing up, and the order stays.
            for _ in 0..<25 { #expect(try await broker.browse("questions", limit: 10).map(\.id) == ["a", "b", "c"]) }
            #expect(try await broker.browse("questions", limit: 1) == [letter])
            try await expectDepths(of: broker, [3, 0, 0])
            await #expect(throws: BrokerError.unknownQueue("other")) { try await broker.browse("other", limit: 1) }
            #expect(await broker.state == .ready)
        }
    }

    func checkWalks() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b", "c", "d"])
            var seen: [String] = []
            try await broker.walk("questions", limit: 3) { message in
                seen.append(message.id)
                return message.id != "b"
            }
            #expect(seen == ["a", "b", "c"])
            try await expectDepths(of: broker, [3, 0, 0])
            // What was in the walk's hands may come behind what was not.
            let keepsOrder = !habits.contains(.deliversAhead)
            let kept = try await broker.browse("questions", limit: 10).map(\.id)
            #expect((keepsOrder ? kept : kept.sorted()) == ["a", "c", "d"])

            // What could not be decided on is kept.
            var left = Set(kept)
            await #expect(throws: Interruption.self) {
                try await broker.walk("questions", limit: 10) { message in
                    guard message.id != "c" else { throw Interruption() }
                    left.remove(message.id)
                    return false
                }
            }
            #expect(left.contains("c") && (left == ["c", "d"] || !keepsOrder))
            #expect(Set(try await broker.browse("questions", limit: 10).map(\.id)) == left)
            try await broker.walk("questions", limit: 10) { _ in false }
            try await expectDepths(of: broker, [0, 0, 0])
        }
    }

    func checkManyWalks() async throws {
        try await withBroker { broker in
            try await broker.publish(ids: ["a", "b", "c"])
            for round in 0..<25 {
                var seen: Set<String> = []
                try await broker.walk("questions", limit: 10) { message in
                    seen.insert(message.id)
                    return true
                }
                #expect(seen == ["a", "b", "c"], "in round \(round)")
            }
            try await expectDepths(of: broker, [3, 0, 0])
        }
    }
}

import FoundationEssentials
import Messaging
import Testing

// What operators do with messages that no host consumes.
extension MessageBrokerCompatTest {
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
            #expect(try await broker.depths() == [3, 0, 0])
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
            #expect(try await broker.depths() == [3, 0, 0])
            #expect(try await broker.browse("questions", limit: 10).map(\.id) == ["a", "c", "d"])

            // What could not be decided on is kept.
            await #expect(throws: Interruption.self) {
                try await broker.walk("questions", limit: 10) { message in
                    guard message.id != "c" else { throw Interruption() }
                    return false
                }
            }
            #expect(try await broker.browse("questions", limit: 10).map(\.id) == ["c", "d"])
            try await broker.walk("questions", limit: 10) { _ in false }
            #expect(try await broker.depths() == [0, 0, 0])
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
            #expect(try await broker.depths() == [3, 0, 0])
        }
    }
}

import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Logging
import Messaging
import PIIFilter
import Testing

/// Asks at a real door until the question is accepted, as a client does that is told to come back.
final class Asker: Sendable {
    /// Far longer than any door stays shut.
    private static let patience = Duration.seconds(180)

    private let door: FrontDoor

    /// An asker at a door of its own to the queues and the history of a world.
    init(_ world: HostWorld) {
        let filter = RegisteredFunction(
            settings: FunctionSettings(name: "pii-filter", next: "rag-core", redacts: true),
            function: AnyFunction(PIIFilter()))
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let (invoker, drain) = (Invoker(), DrainSignal())
        door = FrontDoor(
            pipeline: [filter], broker: world.broker, history: world.history,
            notes: AcceptanceNotes(
                history: world.history, drain: drain, underWay: invoker.underWay, logger: logger),
            invoker: invoker, drain: drain, logger: logger)
    }

    /// Asks until the question is accepted, always under one id, and gives that.
    func ask(_ question: String) async throws -> String {
        let id = UUID().uuidString
        let end = ContinuousClock.now + Self.patience
        while true {
            do throws(FrontDoorError) {
                return try await door.accept(question, id: id)
            } catch {
                switch error {
                case .unavailable, .unconfirmed, .full: if .now >= end { throw error }
                case .empty, .tooLong, .payloadTooLong, .notJSON, .badID, .badTenant, .taken, .draining, .unreadable:
                    throw error
                }
            }
            // Nothing tells when a door opens again, but that it takes a question.
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Asks one question after the other, as people come, and gives their ids in the order of the questions.
    func ask(_ questions: some Collection<String> & Sendable, every pause: Duration) async throws -> [String] {
        var ids: [String] = []
        for question in questions {
            ids.append(try await ask(question))
            try await Task.sleep(for: pause)
        }
        return ids
    }

    /// Asks questions, so many at a time, and gives their ids in the order of the questions.
    func ask(_ questions: some Collection<String> & Sendable, atOnce: Int = 1) async throws -> [String] {
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var ids: [Int: String] = [:]
            for (number, question) in questions.enumerated() {
                if number >= atOnce, let (asked, id) = try await group.next() { ids[asked] = id }
                group.addTask { (number, try await self.ask(question)) }
            }
            for try await (asked, id) in group { ids[asked] = id }
            return try (0..<questions.count).map { try #require(ids[$0]) }
        }
    }
}

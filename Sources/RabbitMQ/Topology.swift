import Messaging

/// A queue as RabbitMQ is told to make it.
struct DeclaredQueue: Sendable, Hashable {
    /// A value of a queue's argument.
    enum Argument: Sendable, Hashable {
        case text(String)
        case number(Int64)
    }

    let name: String
    let arguments: [String: Argument]
}

/// The queues that stand for a ``QueueSpecification``.
///
/// All are quorum queues that refuse publishes when full, which at-least-once dead-lettering needs: without
/// `reject-publish` RabbitMQ falls back silently to at-most-once.
enum Topology {
    /// After so many deliveries without an acknowledgement RabbitMQ moves a message to its dead letters.
    ///
    /// -1 would drop a message at its first return before 4.0, and 20 is the default since.
    static let deliveryLimit: Int64 = 20

    /// The name of the queue in which a queue's messages wait for a delay to end.
    static func delayQueue(_ queue: String, _ delay: Duration) -> String { "\(queue).delay.\(milliseconds(delay))" }

    /// Whether a queue's name is that of one in which messages wait for a delay to end.
    static func isDelayQueue(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).suffix(2)
        return parts.count == 2 && parts.first == "delay" && parts.last?.allSatisfy(\.isNumber) == true
    }

    /// Where the broker moves messages of a queue that names no dead letters.
    static func undelivered(_ queue: String) -> String { "\(queue).undelivered" }

    /// All queues of a specification.
    static func queues(for specification: QueueSpecification) -> [DeclaredQueue] {
        let name = specification.name
        var queues = [
            queue(name, specification, deadLetters: specification.deadLetters ?? undelivered(name))
        ]
        for delay in specification.delays.sorted() {
            var ttl: [String: DeclaredQueue.Argument] = [:]
            ttl["x-message-ttl"] = .number(milliseconds(delay))
            queues.append(queue(delayQueue(name, delay), specification, deadLetters: name, adding: ttl))
        }
        if specification.deadLetters == nil {
            queues.append(queue(undelivered(name), specification, deadLetters: nil))
        }
        return queues
    }

    private static func queue(
        _ name: String, _ specification: QueueSpecification, deadLetters: String?,
        adding others: [String: DeclaredQueue.Argument] = [:]
    ) -> DeclaredQueue {
        var arguments = others
        arguments["x-queue-type"] = .text("quorum")
        arguments["x-overflow"] = .text("reject-publish")
        arguments["x-max-length"] = .number(Int64(specification.lengthMax))
        arguments["x-delivery-limit"] = .number(deliveryLimit)
        if let deadLetters {
            arguments["x-dead-letter-strategy"] = .text("at-least-once")
            arguments["x-dead-letter-exchange"] = .text("")
            arguments["x-dead-letter-routing-key"] = .text(deadLetters)
        }
        return DeclaredQueue(name: name, arguments: arguments)
    }

    /// Rounded up, so that a delay is never shorter than asked for.
    private static func milliseconds(_ delay: Duration) -> Int64 {
        let (seconds, attoseconds) = delay.components
        return seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

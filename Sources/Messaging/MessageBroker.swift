/// Keeps messages until somebody has dealt with them: at least once, never lost.
///
/// A message is in exactly one place: waiting, delayed, or delivered to one consumer. When the connection (RabbitMQ) or
/// the process (SQLite) of a consumer ends, what it held waits again, in front of its queue, with one more prior
/// delivery. Order is first in, first out, except for messages that come back.
package protocol MessageBroker: Sendable {
    /// Makes queues that do not exist yet; a queue that exists takes the new limits.
    ///
    /// - Throws: ``BrokerError/queueDiffers(queue:reason:)`` where the broker cannot change a queue's limits, as
    ///   RabbitMQ cannot, or ``BrokerError/unavailable(reason:)``.
    func declare(_ queues: [QueueSpecification]) async throws(BrokerError)

    /// Publishes a message and waits until the broker has made it durable (its confirm).
    ///
    /// - Parameters:
    ///   - message: What to publish.
    ///   - queue: The name of a declared queue.
    ///   - delay: How long nobody gets the message: zero, or one of the queue's declared delays.
    /// - Throws: ``BrokerError/queueFull(queue:)``, ``BrokerError/unknownQueue(_:)``,
    ///   ``BrokerError/unknownDelay(_:queue:)``, ``BrokerError/invalidMessage(reason:)``,
    ///   ``BrokerError/refused(queue:reason:)``, ``BrokerError/unavailable(reason:)``; nothing is published then. ``BrokerError/unconfirmed(reason:)`` leaves it open whether the message arrived. A
    ///   cancelled task waits no longer for a confirm.
    func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError)

    /// Starts to consume a queue.
    ///
    /// The stream ends when its task is cancelled or the broker closes; what was delivered stays in the consumer's
    /// hands until it is acknowledged or handed back. Any number of consumers may share a queue.
    ///
    /// - Parameters:
    ///   - queue: The name of a declared queue.
    ///   - prefetch: The most deliveries in this consumer's hands at a time, at least 1.
    /// - Returns: The deliveries. What was not asked for yet is not in this consumer's hands, but RabbitMQ keeps up to
    ///   `prefetch` messages ready for this consumer alone until its stream ends.
    /// - Throws: ``BrokerError/unknownQueue(_:)`` or ``BrokerError/unavailable(reason:)``.
    func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream

    /// Says that a message is dealt with; the broker forgets it durably.
    ///
    /// RabbitMQ does so soon after this returns, and does not where the connection breaks before.
    func acknowledge(_ delivery: Delivery) async throws(BrokerError)

    /// Whether a delivery is still in hand, as far as this side knows.
    ///
    /// Once the broker has taken it away, because the connection broke, it is delivered again, and its acknowledgement is
    /// void.
    func holds(_ delivery: Delivery) async -> Bool

    /// Waits until the broker has taken a delivery away; whoever settles the delivery cancels the wait.
    ///
    /// Returns at once where it is not in hand, and when the task is cancelled.
    func waitForLoss(of delivery: Delivery) async

    /// Gives a message back: it waits again at once, in front of its queue, with one more prior delivery.
    func handBack(_ delivery: Delivery) async throws(BrokerError)

    /// Counts a queue's messages.
    func depth(of queue: String) async throws(BrokerError) -> QueueDepth

    /// Looks at the first messages that wait in a queue and leaves them there.
    ///
    /// For operators, and for queues that no host consumes: a broker that can only deliver takes them for a moment and
    /// gives them back, which counts as a delivery there (see ``walk(_:limit:_:)``). No number of looks loses a message or
    /// uses it up. Delayed ones and those in a consumer's hands are not seen.
    ///
    /// - Parameters:
    ///   - queue: The name of a declared queue.
    ///   - limit: The most messages to give.
    /// - Returns: Messages in their order.
    /// - Throws: ``BrokerError/unknownQueue(_:)`` or ``BrokerError/unavailable(reason:)``.
    func browse(_ queue: String, limit: Int) async throws(BrokerError) -> [Message]

    /// Takes the messages that wait in a queue one after the other, and lets `keeps` say which stay.
    ///
    /// Each is seen once; what stays is in this walk's hands until the end and waits again when this returns, one delivery
    /// the more. A message that comes near a broker's delivery limit is published anew instead: no number of walks uses
    /// one up. So this is for operators, and for queues that no host consumes, such as those of dead letters. Whoever
    /// moves a message publishes it in `keeps` before it lets it go.
    ///
    /// - Parameters:
    ///   - queue: The name of a declared queue.
    ///   - limit: The most messages to take.
    ///   - keeps: What it throws ends the walk; the message at hand and the rest are kept.
    /// - Throws: ``BrokerError``, or what `keeps` throws.
    func walk(_ queue: String, limit: Int, _ keeps: (Message) async throws -> Bool) async throws

    /// Whether messages are taken and given now.
    ///
    /// Says what is known without asking; whoever wants to be sure counts a queue's messages as well.
    var state: BrokerState { get async }

    /// Whether the broker itself moves messages to queues of dead letters, as RabbitMQ does.
    ///
    /// Their runs have no final state then; ``Message/moveReasonHeader`` says why they were moved.
    var buriesByItself: Bool { get }

    /// Hands back what this broker's consumers still hold, ends their streams and closes. Later calls throw
    /// ``BrokerError/unavailable(reason:)``.
    func close() async
}

extension MessageBroker {
    /// Publishes a message that may be delivered at once.
    package func publish(_ message: Message, to queue: String) async throws(BrokerError) {
        try await publish(message, to: queue, after: .zero)
    }

    /// Walks through the messages and keeps them all.
    ///
    /// - Parameters:
    ///   - queue: The name of a declared queue.
    ///   - limit: The most messages to give.
    /// - Returns: Messages in their order.
    /// - Throws: ``BrokerError``.
    package func browse(_ queue: String, limit: Int) async throws(BrokerError) -> [Message] {
        var messages: [Message] = []
        do {
            try await walk(queue, limit: limit) { message in
                messages.append(message)
                return true
            }
        } catch let error as BrokerError {
            throw error
        } catch {
            throw .unavailable(reason: "the walk was cut off")
        }
        return messages
    }

    /// Waits for the cancellation: a broker in the process takes nothing away while the process lives.
    package func waitForLoss(of delivery: Delivery) async {
        let (never, end) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        end.finish()
    }

    /// No: what is in the process does what it is told.
    package var buriesByItself: Bool { false }

    /// Always ready: a broker in the process is there while the process is.
    package var state: BrokerState { .ready }
}

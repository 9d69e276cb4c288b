package import Logging
package import Messaging
import Synchronization
import Waiting

/// Durable queues in RabbitMQ, for any number of hosts.
///
/// A publish has returned when the broker has confirmed it. Publishes and deliveries have a connection and a thread
/// each; both come back by themselves, after which deliveries from before are ``BrokerError/staleDelivery``, consumers
/// go on and queues that are missing are made again.
///
/// A message that is delivered ``Topology/deliveryLimit`` times without an acknowledgement is moved by RabbitMQ to its
/// queue's dead letters, at least once. Handing back alone never gets a message there; a body that is too long for
/// memory does, whole and unread (``ContentAssembler/bodyBytesKeptMax``).
package final class RabbitMQBroker: MessageBroker {
    private let publishing: PublishConnection
    let consuming: ConsumeConnection
    private let board: StateBoard
    /// The delays of the queues that were declared here; which queues there are, RabbitMQ knows.
    private let delays = Mutex<[String: Set<Duration>]>([:])

    /// Connects to a broker.
    ///
    /// Call ``close()`` at the end.
    ///
    /// - Parameters:
    ///   - configuration: Where it is and how to reach it.
    ///   - patience: How long a broker that is away or starting is waited for.
    ///   - logger: Told of connections lost and found.
    /// - Returns: A broker that is connected. From then on a lost connection is tried again until it is back.
    /// - Throws: ``RabbitMQError`` where the first connection cannot be made.
    package static func connect(
        _ configuration: RabbitMQConfiguration, patience: Duration = .zero, logger: Logger
    ) async throws(RabbitMQError) -> RabbitMQBroker {
        try await Deadline(after: patience, by: .continuous).asking(every: pause) { (error: RabbitMQError) in
            error.isWorthWaiting
        } _: { () async throws(RabbitMQError) in
            try await connectOnce(configuration, logger: logger)
        }
    }

    /// How long a broker that is away at the start is left alone.
    private static let pause = Duration.milliseconds(250)

    private static func connectOnce(
        _ configuration: RabbitMQConfiguration, logger: Logger
    ) async throws(RabbitMQError) -> RabbitMQBroker {
        let broker = try RabbitMQBroker(configuration, logger: logger)
        do {
            try await broker.consuming.connect()
            try await broker.publishing.connect()
        } catch {
            await broker.close()
            throw error
        }
        return broker
    }

    private init(_ configuration: RabbitMQConfiguration, logger: Logger) throws(RabbitMQError) {
        board = StateBoard()
        consuming = try ConsumeConnection(configuration, board: board, logger: logger)
        publishing = try PublishConnection(configuration, board: board, logger: logger)
    }

    package var state: BrokerState { board.state }

    /// The state now, and each new one.
    package func states() -> AsyncStream<BrokerState> { board.states() }

    package func declare(_ queues: [QueueSpecification]) async throws(BrokerError) {
        try checkReachable(.consuming)
        try await consuming.declare(queues.flatMap(Topology.queues))
        delays.withLock { delays in
            for queue in queues { delays[queue.name] = queue.delays }
        }
    }

    package func publish(_ message: Message, to queue: String, after delay: Duration) async throws(BrokerError) {
        try checkReachable(.publishing)
        guard delay == .zero || delays(of: queue).contains(delay) else { throw .unknownDelay(delay, queue: queue) }
        try message.checkFitsAMQP()
        do {
            try await publishOrMakeAgain(message, to: delay == .zero ? queue : Topology.delayQueue(queue, delay))
        } catch {
            // Named as the caller knows it, not as the queue of a delay.
            switch error {
            case .queueFull: throw .queueFull(queue: queue)
            case .unknownQueue: throw .unknownQueue(queue)
            default: throw error
            }
        }
    }

    /// Publishes; a queue that was declared here and that somebody has deleted is made again.
    func publishOrMakeAgain(_ message: Message, to queue: String) async throws(BrokerError) {
        do {
            try await publishing.publish(message, to: queue)
        } catch .unknownQueue {
            guard try await consuming.makeAgain(queue) else { throw .unknownQueue(queue) }
            try await publishing.publish(message, to: queue)
        } catch .queueFull {
            await consuming.suspectUnlessFull(queue)
            throw .queueFull(queue: queue)
        }
    }

    package var buriesByItself: Bool { true }

    package func consume(_ queue: String, prefetch: Int) async throws(BrokerError) -> DeliveryStream {
        precondition(prefetch >= 1, "a consumer holds at least one delivery")
        try checkReachable(.consuming)
        let consumer = ConsumerHandle(
            number: try await consuming.consume(queue, prefetch: prefetch), connection: consuming)
        return DeliveryStream { [consuming] () async throws(BrokerError) in
            await consuming.next(for: consumer.number)
        }
    }

    package func acknowledge(_ delivery: Delivery) async throws(BrokerError) {
        try await consuming.acknowledge(delivery)
    }

    package func holds(_ delivery: Delivery) -> Bool { consuming.holds(delivery) }

    package func waitForLoss(of delivery: Delivery) async { await consuming.waitForLoss(of: delivery) }

    package func handBack(_ delivery: Delivery) async throws(BrokerError) {
        switch try await consuming.handBack(delivery) {
        case .done: return
        case .mustBePublished:
            // In hand until it is safe elsewhere; a crash in between doubles it, as any redelivery does.
            do {
                try await publishAnew(
                    delivery.message, to: delivery.queue, priorDeliveries: delivery.priorDeliveries + 1)
            } catch .queueFull {
                throw .unavailable(reason: "the queue \(delivery.queue) has no room to take the message back")
            }
            try await consuming.acknowledge(delivery)
        }
    }

    /// Publishes a copy of a message that came from the broker, which has taken it before, however large it is.
    func publishAnew(_ message: Message, to queue: String, priorDeliveries: Int) async throws(BrokerError) {
        try checkReachable(.publishing)
        var message = message
        message.headers[MessageProperties.priorDeliveriesHeader] = "\(priorDeliveries)"
        try await publishOrMakeAgain(message, to: queue)
    }

    package func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        try checkReachable(.consuming)
        return try await consuming.depth(
            of: queue, delayQueues: delays(of: queue).map { Topology.delayQueue(queue, $0) })
    }

    package func close() async {
        guard board.close() else { return }
        async let published: Void = publishing.close()
        await consuming.close()
        await published
    }

    private func delays(of queue: String) -> Set<Duration> { delays.withLock { $0[queue] ?? [] } }

    /// Answers at once while a connection is down, instead of after the try to connect that is under way.
    private func checkReachable(_ side: StateBoard.Side) throws(BrokerError) {
        switch board.state(of: side) {
        case .ready, .blocked, .mayNotPublish, .queueRefused: return
        case .away(let reason): throw .unavailable(reason: reason)
        }
    }
}

extension Message {
    /// An id is a short string, all headers have to fit into one frame, and RabbitMQ 4 takes no larger body unless
    /// told otherwise: what it cannot take closes the channel, with all publishes that are under way.
    fileprivate func checkFitsAMQP() throws(BrokerError) {
        let limit = MessageProperties.shortTextBytesMax
        guard id.utf8.count <= limit else { throw .invalidMessage(reason: "its id is over \(limit) bytes long") }
        guard bodyBytes <= ContentAssembler.bodyBytesKeptMax else {
            throw .invalidMessage(reason: "its body is over \(ContentAssembler.bodyBytesKeptMax) bytes long")
        }
        // Twice what is read: room for what a host adds to the headers of a message.
        let headerLimit = MessageProperties.headerBytesMax * 2
        var bytes = 0
        let originBytes = origin?.count ?? 0
        for (name, text) in headers {
            guard name.utf8.count <= limit else {
                throw .invalidMessage(reason: "the name of a header is over \(limit) bytes long")
            }
            guard !MessageProperties.brokersOwn.contains(name) else {
                throw .invalidMessage(reason: "the header \(name) is the broker's own")
            }
            bytes += MessageProperties.bytes(name, text)
        }
        guard bytes <= headerLimit, bytes + originBytes <= MessageProperties.propertyBytesMax else {
            throw .invalidMessage(reason: "its headers are over \(headerLimit) bytes long")
        }
    }
}

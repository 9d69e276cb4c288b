import Logging
import Messaging
import Synchronization

/// The connection that consumes, settles deliveries, and makes and counts queues; it never publishes.
///
/// Each consumer has a channel of its own, so that one that works long does not keep others from acknowledging many
/// at once, and an error of its channel is its own.
actor ConsumeConnection: SocketOwner {
    private struct Consumer {
        let queue: String
        let prefetch: Int
        /// Nil while it has to be started again.
        var channel: UInt16?
        /// Delivered and not asked for yet.
        var ready: [Delivery] = []
        var backoff = ReconnectBackoff()
        var nextTry: ContinuousClock.Instant?
    }

    private struct Held {
        let queue: String
        let consumer: UInt64
        let channel: UInt16
        let tag: UInt64
        /// How often this copy of the message was delivered before, which RabbitMQ limits.
        let priorDeliveries: Int
        var isTaken = false
    }

    /// What became of a delivery that was to be handed back.
    enum HandBack {
        case done
        /// It comes near RabbitMQ's limit of deliveries: to be published anew and acknowledged.
        case mustBePublished
    }

    /// Requests that belong to no consumer.
    private static let controlChannel: UInt16 = 1
    /// A message handed back so often is published anew, half way to ``Topology/deliveryLimit``: the rest is for
    /// consumers that die with it.
    private static let handBacksMax = 9
    private static let closeSeconds: Int32 = 2

    nonisolated let thread: ConnectionThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private let configuration: RabbitMQConfiguration
    private let board: StateBoard
    private let logger: Logger
    private let room = WaitingRoom<UInt64>()
    private let connector = Connector()
    private var firstConnection: CheckedContinuation<Result<Void, RabbitMQError>, Never>?
    private var connection: AMQPConnection?
    private var backoff = ReconnectBackoff()
    private var nextTry: ContinuousClock.Instant?
    private var isClosed = false

    /// All that was declared, in order.
    private var topology: [DeclaredQueue] = []
    /// The connection is new, and the broker may have come back empty.
    private var mustDeclare = false
    private var consumers: [UInt64: Consumer] = [:]
    private var channels: [UInt16: ConsumedChannel] = [:]
    /// The channels that have something to write.
    private var dirty: Set<UInt16> = []
    private var held: [UInt64: Held] = [:]
    private var lastNumber: UInt64 = 0
    /// Consumers whose stream is gone.
    private let abandoned = Mutex<[UInt64]>([])

    init(_ configuration: RabbitMQConfiguration, board: StateBoard, logger: Logger) throws(RabbitMQError) {
        thread = try ConnectionThread()
        self.configuration = configuration
        self.board = board
        self.logger = logger
        thread.start("rabbitmq-consume", owner: self)
    }

    /// Connects for the first time.
    func connect() async throws(RabbitMQError) {
        beginToConnect()
        try await withCheckedContinuation { firstConnection = $0 }.get()
    }

    /// Hands back all that is in hand and closes the connection for good.
    func close() {
        isClosed = true
        // Where it fails, the end of the connection gives all back likewise.
        if let connection { try? flush(connection) }
        connection?.close(waitingSeconds: Self.closeSeconds)
        connection = nil
        held = [:]
        room.close()
    }

    func turn() -> SocketWait? {
        guard !isClosed else { return nil }
        if let result = connector.take() { adopt(result) }
        if let nextTry, nextTry <= .now { beginToConnect() }
        guard let connection else { return .until(nextTry) }
        do {
            endAbandoned()
            try attachDetached(connection)
            try read(connection)
            if !dirty.isEmpty { try flush(connection) }
        } catch {
            lose(error.reason)
            return .until(nextTry)
        }
        let heartbeat = SocketWait(
            socket: connection.socket, milliseconds: connection.heartbeatWaitMilliseconds)
        let detached = SocketWait.until(consumers.values.compactMap(\.nextTry).min())
        return detached.milliseconds < heartbeat.milliseconds
            ? SocketWait(socket: connection.socket, milliseconds: detached.milliseconds) : heartbeat
    }
}

// MARK: - Queues

extension ConsumeConnection {
    /// Makes queues, now and whenever the broker comes back.
    func declare(_ queues: [DeclaredQueue]) throws(BrokerError) {
        for queue in queues {
            try request(about: queue.name) { connection throws(AMQPFailure) in
                try connection.declare(queue, on: Self.controlChannel)
            }
            if !topology.contains(queue) { topology.append(queue) }
        }
    }

    /// Counts the messages of a queue and of its delays.
    func depth(of queue: String, delayQueues: [String]) throws(BrokerError) -> QueueDepth {
        let count = { (name: String) throws(BrokerError) in
            try self.request(about: name) { connection throws(AMQPFailure) in
                try connection.readyCount(of: name, on: Self.controlChannel)
            }
        }
        var depth = QueueDepth(ready: try count(queue), delivered: 0, delayed: 0)
        for name in delayQueues { depth.delayed += try count(name) }
        for held in held.values where held.queue == queue {
            if held.isTaken { depth.delivered += 1 } else { depth.ready += 1 }
        }
        return depth
    }

    private func live() throws(BrokerError) -> AMQPConnection {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
        guard let connection else { throw .unavailable(reason: "the connection is down") }
        return connection
    }

    /// Makes a request on the control channel, which a refusal closes.
    private func request<Value>(
        about queue: String, _ body: (AMQPConnection) throws(AMQPFailure) -> Value
    ) throws(BrokerError) -> Value {
        let connection = try live()
        do {
            return try body(connection)
        } catch .refused(let code, let reason) {
            do { try connection.openChannel(Self.controlChannel) } catch { lose(error.reason) }
            throw BrokerError(refusal: code, reason: reason, queue: queue)
        } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
    }
}

// MARK: - Consumers

extension ConsumeConnection {
    /// Starts a consumer and gives its number.
    func consume(_ queue: String, prefetch: Int) throws(BrokerError) -> UInt64 {
        let connection = try live()
        let consumer = nextNumber()
        consumers[consumer] = Consumer(queue: queue, prefetch: prefetch)
        do {
            try attach(consumer, connection)
        } catch {
            consumers[consumer] = nil
            if case .refused(let code, let reason) = error {
                throw BrokerError(refusal: code, reason: reason, queue: queue)
            }
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
        return consumer
    }

    /// A consumer's next delivery; nil at its end.
    func next(for consumer: UInt64) async -> Delivery? {
        while !isClosed, consumers[consumer] != nil {
            if Task.isCancelled {
                end(consumer)
                break
            }
            let place = room.enter(consumer)
            if let delivery = take(for: consumer) {
                room.leave(place, passesOn: true)
                return delivery
            }
            await room.wait(in: place)
            room.leave(place, passesOn: false)
        }
        return nil
    }

    private func take(for consumer: UInt64) -> Delivery? {
        guard let ready = consumers[consumer]?.ready, !ready.isEmpty else { return nil }
        let delivery = consumers[consumer]?.ready.removeFirst()
        if let delivery { held[delivery.tag]?.isTaken = true }
        return delivery
    }

    /// Gives back what was not asked for; what was stays in hand.
    private func end(_ number: UInt64) {
        guard let consumer = consumers.removeValue(forKey: number), let channel = consumer.channel else { return }
        channels[channel]?.ending = .toBeTold
        for delivery in consumer.ready { handBack(delivery.tag) }
        dirty.insert(channel)
    }

    /// Ends a consumer soon; for whoever cannot wait.
    nonisolated func abandon(_ consumer: UInt64) {
        abandoned.withLock { $0.append(consumer) }
        thread.wake()
    }

    private func endAbandoned() {
        let consumers = abandoned.withLock { abandoned in
            defer { abandoned.removeAll() }
            return abandoned
        }
        for consumer in consumers { end(consumer) }
    }

    /// A delivery is dealt with.
    func acknowledge(_ delivery: Delivery) throws(BrokerError) {
        let held = try taken(delivery)
        self.held[delivery.tag] = nil
        channels[held.channel]?.acks.acknowledge(held.tag)
        dirty.insert(held.channel)
    }

    /// Gives a delivery back, unless it was delivered too often for that.
    func handBack(_ delivery: Delivery) throws(BrokerError) -> HandBack {
        let held = try taken(delivery)
        // What could not be read whole must not be published anew: RabbitMQ moves it to its dead letters in the end.
        if held.priorDeliveries >= Self.handBacksMax, delivery.problem == nil { return .mustBePublished }
        handBack(delivery.tag)
        return .done
    }

    private func handBack(_ number: UInt64) {
        guard let held = held.removeValue(forKey: number) else { return }
        channels[held.channel]?.handBack(held.tag)
        dirty.insert(held.channel)
    }

    private func taken(_ delivery: Delivery) throws(BrokerError) -> Held {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
        guard let held = held[delivery.tag], held.isTaken else { throw .staleDelivery }
        return held
    }

    private func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}

// MARK: - One message after the other

extension ConsumeConnection {
    /// A channel on which messages are taken one by one, and what was taken.
    struct Walk {
        fileprivate let number: UInt64
        fileprivate let channel: UInt16
        fileprivate let queue: String
    }

    /// A message that a walk has met.
    struct Step {
        let message: Message
        let tag: UInt64
        /// How often it was delivered before, with earlier copies.
        let priorDeliveries: Int
        /// Whether it is to be published anew instead of handed back.
        let mustBePublished: Bool
    }

    /// Begins to take messages of a queue.
    func beginWalk(_ queue: String) throws(BrokerError) -> Walk {
        let connection = try live()
        let walk = Walk(number: nextNumber(), channel: try freeChannel(), queue: queue)
        do { try connection.openChannel(walk.channel) } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
        channels[walk.channel] = ConsumedChannel(consumer: walk.number)
        return walk
    }

    /// The next message that waits; nil at the end.
    func step(_ walk: Walk) throws(BrokerError) -> Step? {
        let connection = try live(walk)
        do {
            guard let content = try connection.get(walk.queue, on: walk.channel) else { return nil }
            channels[walk.channel]?.acks.deliver(content.tag)
            return Step(
                message: content.message, tag: content.tag,
                priorDeliveries: content.properties.priorDeliveries + content.priorDeliveries,
                mustBePublished: content.priorDeliveries >= Self.handBacksMax && content.properties.problem == nil)
        } catch .refused(let code, let reason) {
            channels[walk.channel] = nil
            throw BrokerError(refusal: code, reason: reason, queue: walk.queue)
        } catch {
            lose(error.reason)
            throw .unavailable(reason: error.reason)
        }
    }

    /// A message of a walk is dealt with.
    func remove(_ step: Step, of walk: Walk) throws(BrokerError) {
        _ = try live(walk)
        channels[walk.channel]?.acks.acknowledge(step.tag)
        dirty.insert(walk.channel)
    }

    /// Ends a walk and gives these messages back, in their order: when this returns, they wait again.
    func endWalk(_ walk: Walk, keeping kept: [Step]) {
        guard let connection = try? live(walk), var channel = channels.removeValue(forKey: walk.channel) else { return }
        for step in kept { channel.handBack(step.tag) }
        do {
            try connection.together { () throws(AMQPFailure) in
                _ = try channel.flush(connection, channel: walk.channel)
            }
            try connection.closeChannel(walk.channel)
        } catch {
            lose(error.reason)
        }
    }

    /// The connection, while a walk's channel is still its own.
    private func live(_ walk: Walk) throws(BrokerError) -> AMQPConnection {
        let connection = try live()
        guard channels[walk.channel]?.consumer == walk.number else { throw .unavailable(reason: "the channel is lost") }
        return connection
    }

    private func freeChannel() throws(BrokerError) -> UInt16 {
        guard let channel = (2...UInt16.max).first(where: { channels[$0] == nil }) else {
            throw .unavailable(reason: "no channel is free")
        }
        return channel
    }
}

// MARK: - Frames

extension ConsumeConnection {
    private func read(_ connection: AMQPConnection) throws(AMQPFailure) {
        while let (channel, frame) = try connection.nextFrame() {
            switch frame {
            case .deliver(let tag, let isRedelivered):
                channels[channel]?.content.begin(tag: tag, isRedelivered: isRedelivered)
            case .header(let properties, let bodyBytes):
                if let content = channels[channel]?.content.add(properties, bodyBytes: bodyBytes) {
                    arrive(content, on: channel)
                }
            case .body(let piece):
                if let content = channels[channel]?.content.add(piece) { arrive(content, on: channel) }
            case .cancelled:
                // The queue was deleted, or its node fails.
                if channels[channel]?.ending == .no {
                    detach(channel, reason: "the broker ended the consumer")
                    try connection.closeChannel(channel)
                }
            case .channelClosed(let reason):
                if channel == Self.controlChannel { throw .broken(reason: reason) }
                detach(channel, reason: reason)
            case .connectionClosed(let reason): throw .broken(reason: reason)
            case .confirmed, .refused, .returned, .blocked, .unblocked, .other: break
            }
        }
    }

    private func arrive(_ content: ContentAssembler.Content, on channel: UInt16) {
        guard let consumer = channels[channel]?.consumer else { return }
        channels[channel]?.acks.deliver(content.tag)
        guard let queue = consumers[consumer]?.queue else {
            // It came while its consumer ended.
            channels[channel]?.handBack(content.tag)
            dirty.insert(channel)
            return
        }
        let priorDeliveries = content.priorDeliveries
        let number = nextNumber()
        held[number] = Held(
            queue: queue, consumer: consumer, channel: channel, tag: content.tag, priorDeliveries: priorDeliveries)
        consumers[consumer]?.ready.append(
            Delivery(
                message: content.message, queue: queue, tag: number,
                priorDeliveries: content.properties.priorDeliveries + priorDeliveries,
                problem: content.properties.problem))
        room.wake(consumer)
    }

    private func flush(_ connection: AMQPConnection) throws(AMQPFailure) {
        var served: [UInt16] = []
        try connection.together { () throws(AMQPFailure) in
            for channel in dirty {
                guard var state = channels[channel] else { continue }
                if try state.flush(connection, channel: channel) { served.append(channel) }
                channels[channel] = state
            }
        }
        dirty.removeAll(keepingCapacity: true)
        for channel in served {
            channels[channel] = nil
            try connection.closeChannel(channel)
        }
    }
}

// MARK: - Losing and finding consumers and the connection

extension ConsumeConnection {
    private func attach(_ number: UInt64, _ connection: AMQPConnection) throws(AMQPFailure) {
        guard let consumer = consumers[number] else { return }
        guard let channel = (2...UInt16.max).first(where: { channels[$0] == nil }) else {
            throw .refused(code: 504, reason: "no channel is free")
        }
        try connection.openChannel(channel)
        channels[channel] = ConsumedChannel(consumer: number)
        do {
            try connection.consume(consumer.queue, prefetch: consumer.prefetch, on: channel)
        } catch {
            channels[channel] = nil
            throw error
        }
        consumers[number]?.channel = channel
        consumers[number]?.nextTry = nil
        consumers[number]?.backoff.reset()
    }

    /// Starts those consumers again whose time has come; a missing queue is made again.
    private func attachDetached(_ connection: AMQPConnection) throws(AMQPFailure) {
        let due = consumers.filter { $0.value.nextTry.map { $0 <= .now } ?? false }.keys.sorted()
        guard mustDeclare || !due.isEmpty else { return }
        try declareTopology(connection)
        mustDeclare = false
        for number in due {
            do {
                try attach(number, connection)
            } catch .refused(_, let reason) {
                plan(number, reason: reason)
            }
        }
    }

    private func declareTopology(_ connection: AMQPConnection) throws(AMQPFailure) {
        for queue in topology {
            do {
                try connection.declare(queue, on: Self.controlChannel)
            } catch .refused(_, let reason) {
                try connection.openChannel(Self.controlChannel)
                logger.error(
                    "queue cannot be made again", metadata: [LogKey.queue: "\(queue.name)", LogKey.error: "\(reason)"])
            }
        }
    }

    /// Forgets a channel that the broker has closed or no longer feeds; its messages are delivered again.
    private func detach(_ channel: UInt16, reason: String) {
        guard let old = channels.removeValue(forKey: channel) else { return }
        held = held.filter { $0.value.channel != channel }
        plan(old.consumer, reason: reason)
    }

    private func plan(_ number: UInt64, reason: String) {
        guard var consumer = consumers[number] else { return }
        logger.warning(
            "consumer lost; it is started again",
            metadata: [LogKey.queue: "\(consumer.queue)", LogKey.error: "\(reason)"])
        consumer.channel = nil
        consumer.ready = []
        var generator = SystemRandomNumberGenerator()
        consumer.nextTry = .now + consumer.backoff.next(using: &generator)
        consumers[number] = consumer
    }

    private func lose(_ reason: String) {
        guard connection != nil else { return }
        logger.warning(
            "connection to the broker lost", metadata: [LogKey.connection: "consume", LogKey.error: "\(reason)"])
        connection = nil
        channels = [:]
        dirty = []
        held = [:]
        for number in consumers.keys {
            consumers[number]?.channel = nil
            consumers[number]?.ready = []
        }
        planNextTry(reason)
    }

    private func planNextTry(_ reason: String) {
        board.set(.consuming, .away(reason: reason))
        var generator = SystemRandomNumberGenerator()
        nextTry = .now + backoff.next(using: &generator)
    }

    private func beginToConnect() {
        nextTry = nil
        connector.begin(
            configuration, purpose: "consume",
            prepare: { connection throws(AMQPFailure) in try connection.openChannel(Self.controlChannel) },
            whenDone: { [thread] in thread.wake() })
    }

    private func adopt(_ result: Result<AMQPConnection, RabbitMQError>) {
        switch result {
        case .success(let connection):
            self.connection = connection
            backoff.reset()
            mustDeclare = true
            for number in consumers.keys { consumers[number]?.nextTry = .now }
            board.set(.consuming, .ready)
            if firstConnection == nil {
                logger.notice("connection to the broker is back", metadata: [LogKey.connection: "consume"])
            }
        case .failure(let error) where firstConnection == nil:
            logger.debug(
                "broker still not reached", metadata: [LogKey.connection: "consume", LogKey.error: "\(error)"])
            planNextTry("\(error)")
        // The first one who asks decides whether to try again.
        case .failure: break
        }
        firstConnection?.resume(returning: result.map { _ in })
        firstConnection = nil
    }
}
